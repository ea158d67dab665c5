/// The page of `akuru serve` that reads images and pages.
let readingPage = """
  <!doctype html>
  <html lang="en">
  <head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Akuru reads</title>
  <style>
  \(pageStyle)
  #drop { display: block; border: 2px dashed var(--line); border-radius: .5rem; padding: 2rem 1rem; text-align: center; cursor: pointer; }
  #drop.over, #drop:focus-within { border-color: currentColor; background: var(--soft); }
  #file { position: absolute; opacity: 0; width: 1px; height: 1px; }
  article { border: 1px solid var(--line); border-radius: .5rem; margin-top: 1rem; padding: 1rem; overflow-wrap: anywhere; }
  article img, article canvas { max-width: 100%; max-height: 8rem; background: #fff; display: block; }
  .line { border-top: 1px solid var(--line); padding: .5rem 0; }
  .line .text { font-size: 1.25rem; }
  </style>
  </head>
  <body>
  <h1>Akuru reads images of words and lines, and pages</h1>
  <p id="model"></p>
  <label id="drop">Drop images here, or a page (PAGE-XML, ALTO) together with its image; paste one, or <u>choose files</u>
  <input id="file" type="file" accept="image/png,image/jpeg,image/tiff,image/webp,.xml" multiple></label>
  <p class="legend"><span class="fair">Letters</span> below 90 %, <span class="poor">below 50 %</span> of confidence are colored.</p>
  <noscript><p>This page needs JavaScript. Without it: <code>curl --data-binary @photo.png ADDRESS/read</code></p></noscript>
  <main id="results" aria-live="polite"></main>
  <script>
  \(pageScript)
  \(readingScript)
  </script>
  </body>
  </html>

  """

private let readingScript = """
  const drop = document.getElementById("drop"), file = document.getElementById("file");
  const results = document.getElementById("results");

  function article(name) {
    const answer = element("div", {}, "reading\\u2026");
    const made = element("article", {}, element("div", {className: "name", textContent: name}), answer);
    results.prepend(made);
    return [made, answer];
  }
  const fail = (answer, error) =>
    answer.replaceChildren(element("div", {className: "error", role: "alert", textContent: error.message}));

  async function read(image) {
    const [made, answer] = article(image.name);
    made.insertBefore(element("img", {src: URL.createObjectURL(image), alt: "the image that is read"}), answer);
    try {
      const response = await fetch("read", {method: "POST", body: image,
        headers: {"Content-Type": "application/octet-stream"}});
      const reading = await response.json();
      if (!response.ok) throw new Error(reading.error);
      answer.replaceChildren(...coloredText(reading.text, reading.letters),
        element("div", {className: "sum", textContent: "whole text right: " + percent(reading.confidence)}),
        copyButton(reading.text));
    } catch (error) { fail(answer, error); }
  }

  // The part of the page's image that shows a line, if the browser can decode the image.
  function picture(bitmap, points) {
    const xs = points.map(point => point[0]), ys = points.map(point => point[1]);
    const left = Math.max(0, Math.min(...xs)), top = Math.max(0, Math.min(...ys));
    const width = Math.min(bitmap.width, Math.max(...xs)) - left, height = Math.min(bitmap.height, Math.max(...ys)) - top;
    if (!(width >= 1 && height >= 1)) return null;
    const scale = Math.min(1, 1600 / Math.max(width, height));
    const canvas = element("canvas", {width: Math.max(1, width * scale), height: Math.max(1, height * scale)});
    canvas.getContext("2d").drawImage(bitmap, left, top, width, height, 0, 0, canvas.width, canvas.height);
    return canvas;
  }

  async function readPage(page, image) {
    const [, answer] = article(page.name);
    try {
      const form = new FormData();
      form.append("page", page);
      form.append("image", image);
      const response = await fetch("page", {method: "POST", body: form, headers: {"Accept": "application/json"}});
      const reading = await response.json();
      if (!response.ok) throw new Error(reading.error);
      const bitmap = await createImageBitmap(image).catch(() => null);
      const lines = reading.lines.map(line => {
        const shown = element("div", {className: "line"});
        const canvas = bitmap && line.points.length ? picture(bitmap, line.points) : null;
        if (canvas) shown.append(canvas);
        if (line.error) shown.append(element("div", {className: "error", textContent: line.error}));
        else shown.append(...coloredText(line.text, line.letters));
        return shown;
      });
      const texts = reading.lines.filter(line => !line.error).map(line => line.text);
      const save = element("a", {href: URL.createObjectURL(new Blob([reading.file], {type: "application/xml"})),
        download: page.name, textContent: "Save " + page.name, className: "save"});
      answer.replaceChildren(
        element("div", {className: "sum", textContent: `${texts.length} of ${reading.lines.length} lines read`}),
        copyButton(texts.join("\\n"), "Copy all"), save, ...lines);
    } catch (error) { fail(answer, error); }
  }

  const isPage = file => /\\.xml$/i.test(file.name);
  const stem = name => name.replace(/\\.[^.]*$/, "");

  // The image of a page: named like it, or in it, or the only one.
  async function imageOf(page, images) {
    const text = await page.text();
    return images.find(image => stem(image.name) === stem(page.name)) ?? images.find(image => text.includes(image.name))
      ?? (images.length === 1 ? images[0] : undefined);
  }

  async function readAll(files) {
    const pages = [...files].filter(isPage), images = [...files].filter(file => !isPage(file)), used = new Set();
    for (const page of pages) {
      const image = await imageOf(page, images);
      if (image) {
        used.add(image);
        await readPage(page, image);
      } else fail(article(page.name)[1], new Error(`${page.name}: drop the page together with its image`));
    }
    for (const image of images) if (!used.has(image)) await read(image);
  }
  file.addEventListener("change", async () => { await readAll(file.files); file.value = ""; });
  for (const event of ["dragenter", "dragover"]) addEventListener(event, e => { e.preventDefault(); drop.classList.add("over"); });
  addEventListener("dragleave", () => drop.classList.remove("over"));
  addEventListener("drop", e => { e.preventDefault(); drop.classList.remove("over"); readAll(e.dataTransfer.files); });
  addEventListener("paste", e => readAll(e.clipboardData.files));
  """
