// Holds: Text set and rendered by Pango, with other faces, papers and pens, for `akuru-synth`.
// Not here: Nothing that the trainer needs: it builds and runs without Pango.
// Note: Pango is imported here only.
