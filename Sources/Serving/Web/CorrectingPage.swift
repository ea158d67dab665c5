/// The page of `akuru serve --correct`: one line after the other, for the keyboard.
let correctingPage = """
  <!doctype html>
  <html lang="en">
  <head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Akuru corrects</title>
  <base href="/">
  <style>
  \(pageStyle)
  #picture { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; background: #fff; }
  #picture img { display: block; min-height: 3rem; max-height: 12rem; max-width: none; }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; align-items: baseline; }
  dd { margin: 0; } dt { font-size: .875rem; }
  textarea { width: 100%; box-sizing: border-box; resize: vertical; padding: .25rem .5rem; unicode-bidi: plaintext; }
  ::highlight(differs) { text-decoration: underline wavy var(--poor); }
  #keys { font-size: .875rem; } #keys span { margin-right: 1rem; white-space: nowrap; }
  </style>
  </head>
  <body>
  <h1>Lines that the model doubts most</h1>
  <p id="model"></p>
  <p id="place" aria-live="polite"></p>
  <noscript><p>This page needs JavaScript.</p></noscript>
  <main id="line" hidden>
  <div id="picture"><img id="image" alt="the line"></div>
  <dl><dt>model</dt><dd id="reading"></dd><dt>label</dt><dd id="label"></dd></dl>
  <label for="text">Text of the line</label>
  <textarea id="text" rows="2" dir="auto" spellcheck="false" autocomplete="off"></textarea>
  <p id="state" role="status"></p>
  <p><button type="button" id="save">Save, next</button><button type="button" id="model-text">Model's text</button><button
    type="button" id="label-text">Label</button><button type="button" id="back">Back</button><button
    type="button" id="next">Next</button></p>
  <p id="keys"><span><kbd>Enter</kbd> save, next</span><span><kbd>Alt</kbd> <kbd>M</kbd> the model's text</span><span><kbd>Alt</kbd>
    <kbd>L</kbd> the label</span><span><kbd>Page Down</kbd> next</span><span><kbd>Page Up</kbd> back</span><span><kbd>Esc</kbd>
    as it was</span></p>
  </main>
  <script>
  \(pageScript)
  \(correctingScript)
  </script>
  </body>
  </html>

  """

private let correctingScript = """
  const get = id => document.getElementById(id);
  const lines = [];
  let total = 0, saved = 0, folder = "", current = 0;
  if (window.Highlight && CSS.highlights) CSS.highlights.set("differs", colors.differs = new Highlight());

  async function load(start) {
    const answer = await (await fetch("correct/lines?from=" + start)).json();
    ({total, saved, folder} = answer);
    for (const line of answer.lines) lines[line.number] = line;
  }

  // The letters of one text that another lacks, by their longest common sequence.
  function differences(text, other) {
    const a = clusters(text, []), b = clusters(other, []).map(part => part.part);
    if (a.length * b.length > 250000) return [];
    const width = b.length + 1, best = new Uint16Array((a.length + 1) * width);
    for (let i = a.length - 1; i >= 0; i--)
      for (let j = b.length - 1; j >= 0; j--)
        best[i * width + j] = a[i].part === b[j] ? best[(i + 1) * width + j + 1] + 1
          : Math.max(best[(i + 1) * width + j], best[i * width + j + 1]);
    const found = [];
    for (let i = 0, j = 0; i < a.length;)
      if (j < b.length && a[i].part === b[j]) { i++; j++; }
      else if (j < b.length && best[i * width + j + 1] >= best[(i + 1) * width + j]) j++;
      else found.push(a[i++]);
    return found;
  }

  function underline(node, found) {
    for (const {start, end} of colors.differs && node.firstChild ? found : []) {
      const range = new Range();
      range.setStart(node.firstChild, start);
      range.setEnd(node.firstChild, end);
      colors.differs.add(range);
    }
  }

  async function show(number) {
    if (number < 0 || number >= total) {
      get("state").textContent = number < 0 ? "This is the first line." : "This is the last line.";
      return;
    }
    if (!lines[number]) await load(number);
    current = number;
    const line = lines[number];
    get("line").hidden = false;
    for (const color of Object.values(colors)) color.clear();
    get("place").textContent = `line ${number + 1} of ${total}, ${saved} saved in ${folder}: ${line.name}`;
    get("image").src = "correct/image/" + number;
    get("reading").replaceChildren(...coloredText(line.text, line.letters ?? []));
    const label = element("div", {className: "text", dir: "auto", textContent: line.label});
    get("label").replaceChildren(label);
    underline(label, differences(line.label, line.text));
    put(line.saved ?? line.label);
    // A wide line is shown from where it begins.
    get("image").onload = () => {
      const isLeftward = getComputedStyle(label).direction === "rtl" || getComputedStyle(get("text")).direction === "rtl";
      get("picture").scrollLeft = isLeftward ? get("picture").scrollWidth : 0;
    };
    get("state").textContent = line.saved === undefined ? "" : "saved";
  }

  function put(text) {
    get("text").value = text;
    get("text").focus();
  }

  async function save() {
    const line = lines[current], text = get("text").value;
    get("state").className = "";
    get("state").textContent = "saving\\u2026";
    try {
      const response = await fetch("correct/line/" + current, {method: "POST", body: JSON.stringify({text}),
        headers: {"Content-Type": "application/json"}});
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.error);
      if (line.saved === undefined) saved++;
      line.saved = answer.text;
      if (current + 1 < total) await show(current + 1);
      else {
        await show(current);
        get("state").textContent = "Saved. This was the last line.";
      }
    } catch (error) {
      get("state").className = "error";
      get("state").textContent = error.message;
    }
  }

  const actions = {
    save, next: () => show(current + 1), back: () => show(current - 1), "model-text": () => put(lines[current].text),
    "label-text": () => put(lines[current].label),
  };
  for (const [id, action] of Object.entries(actions)) get(id).addEventListener("click", action);
  const keys = {PageDown: "next", PageUp: "back", "Alt+KeyM": "model-text", "Alt+KeyL": "label-text"};
  addEventListener("keydown", event => {
    if (event.isComposing || !lines[current]) return;
    if (event.key === "Enter" && event.target === get("text")) {
      event.preventDefault();
      save();
    } else if (event.key === "Escape") {
      put(lines[current].saved ?? lines[current].label);
    } else if (keys[(event.altKey ? "Alt+" : "") + event.code]) {
      event.preventDefault();
      actions[keys[(event.altKey ? "Alt+" : "") + event.code]]();
    }
  });
  load(0).then(() => {
    // On with the first line that has not been saved.
    const open = lines.findIndex(line => line.saved === undefined);
    return show(open < 0 ? 0 : open);
  });
  """
