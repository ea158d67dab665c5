// Holds: PNG and JPEG files, resizing, and effects on pages.
// Not here: No data set and no text.
// Note: Each C library has one door: libpng and libjpeg are imported here only.
