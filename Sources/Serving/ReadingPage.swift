import Messages

/// The page of `akuru serve`: self-contained, light or dark, for keyboard, mouse and phone.
let readingPage = """
  <!doctype html>
  <html lang="en">
  <head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Akuru reads</title>
  <style>
  :root { color-scheme: light dark; --line: #8886; --good: #1a7f37; --fair: #9a6700; --poor: #cf222e; --soft: #8882; }
  @media (prefers-color-scheme: dark) { :root { --good: #3fb950; --fair: #d29922; --poor: #f85149; } }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.25rem; margin: 0 0 1rem; }
  #drop { display: block; border: 2px dashed var(--line); border-radius: .5rem; padding: 2rem 1rem; text-align: center; cursor: pointer; }
  #drop.over, #drop:focus-within { border-color: currentColor; background: var(--soft); }
  #file { position: absolute; opacity: 0; width: 1px; height: 1px; }
  article { border: 1px solid var(--line); border-radius: .5rem; margin-top: 1rem; padding: 1rem; overflow-wrap: anywhere; }
  article img { max-width: 100%; max-height: 8rem; background: #fff; display: block; }
  .text { font: 1.75rem/1.6 "Noto Sans Sinhala", "Noto Sans", "Iskoola Pota", "Nirmala UI", system-ui, sans-serif; margin: .5rem 0; white-space: pre-wrap; }
  .name, .sum, .error { font-size: .875rem; }
  .error { color: var(--poor); }
  table { border-collapse: collapse; font-size: .875rem; }
  th { font-weight: normal; text-align: left; padding: .1rem .75rem .1rem 0; }
  td { padding: .1rem .75rem .1rem 0; font-variant-numeric: tabular-nums; text-align: right; }
  td:last-child { width: 10rem; }
  .bar { display: block; height: .5rem; border-radius: .25rem; background: var(--good); }
  .fair { background: var(--fair); } .poor { background: var(--poor); }
  details summary { cursor: pointer; font-size: .875rem; }
  </style>
  </head>
  <body>
  <h1>Akuru reads an image of a word or a line</h1>
  <label id="drop">Drop images here, paste one, or <u>choose files</u>
  <input id="file" type="file" accept="image/png,image/jpeg,image/tiff,image/webp" multiple></label>
  <noscript><p>This page needs JavaScript. Without it: <code>curl --data-binary @photo.png ADDRESS/read</code></p></noscript>
  <main id="results" aria-live="polite"></main>
  <script>
  "use strict";
  const drop = document.getElementById("drop"), file = document.getElementById("file");
  const results = document.getElementById("results");
  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  const percent = share => (100 * share).toFixed(1) + " %";
  const isMark = letter => /^[\\p{M}]$/u.test(letter);
  const shown = letter => letter === " " ? "space" : letter === "\\u200d" ? "ZWJ" : letter === "\\u200c" ? "ZWNJ"
    : isMark(letter) ? "\\u25cc" + letter : letter;
  const code = letter => "U+" + letter.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");

  function letterTable(letters) {
    const rows = letters.map(({letter, confidence}) => element("tr", {},
      element("th", {scope: "row", textContent: shown(letter)}), element("td", {textContent: code(letter)}),
      element("td", {textContent: percent(confidence)}),
      element("td", {}, Object.assign(element("span",
        {className: "bar" + (confidence < .5 ? " poor" : confidence < .9 ? " fair" : "")}),
        {style: "width:" + 100 * confidence + "%"}))));
    return element("table", {}, element("tbody", {}, ...rows));
  }

  async function read(image) {
    const picture = element("img", {src: URL.createObjectURL(image), alt: "the image that is read"});
    const answer = element("div", {}, "reading\\u2026");
    results.prepend(element("article", {}, element("div", {className: "name", textContent: image.name}), picture, answer));
    try {
      const response = await fetch("read", {method: "POST", body: image,
        headers: {"Content-Type": "application/octet-stream"}});
      const reading = await response.json();
      if (!response.ok) throw new Error(reading.error);
      answer.replaceChildren(
        element("div", {className: "text", dir: "auto", textContent: reading.text || "(nothing)"}),
        element("div", {className: "sum", textContent: "whole text right: " + percent(reading.confidence)}),
        letterTable(reading.letters));
    } catch (error) {
      answer.replaceChildren(element("div", {className: "error", role: "alert", textContent: error.message}));
    }
  }

  async function readAll(files) { for (const image of [...files]) await read(image); }
  file.addEventListener("change", async () => { await readAll(file.files); file.value = ""; });
  for (const event of ["dragenter", "dragover"]) addEventListener(event, e => { e.preventDefault(); drop.classList.add("over"); });
  addEventListener("dragleave", () => drop.classList.remove("over"));
  addEventListener("drop", e => { e.preventDefault(); drop.classList.remove("over"); readAll(e.dataTransfer.files); });
  addEventListener("paste", e => readAll(e.clipboardData.files));
  </script>
  </body>
  </html>

  """
