/// What the pages of `akuru serve` share: self-contained, light or dark, for keyboard, mouse and phone.
let pageStyle = """
  :root { color-scheme: light dark; --line: #8886; --good: #1a7f37; --fair: #9a6700; --poor: #cf222e; --soft: #8882;
    --fair-back: #ffd33d88; --poor-back: #ff7b7288; }
  @media (prefers-color-scheme: dark) { :root { --good: #3fb950; --fair: #d29922; --poor: #f85149;
    --fair-back: #bb800966; --poor-back: #f8514988; } }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.25rem; margin: 0; }
  #model { margin: 0 0 1rem; font-size: .875rem; overflow-wrap: anywhere; }
  .text, textarea { font: 1.75rem/1.6 "Noto Sans Sinhala", "Noto Sans", "Noto Naskh Arabic", "Iskoola Pota", "Nirmala UI", system-ui, sans-serif; }
  .text { margin: .25rem 0; white-space: pre-wrap; unicode-bidi: plaintext; overflow-wrap: anywhere; }
  .name, .sum, .error, .legend { font-size: .875rem; overflow-wrap: anywhere; }
  .error { color: var(--poor); }
  button { font: inherit; font-size: .875rem; padding: .2rem .75rem; margin: .25rem .5rem .25rem 0; }
  ::highlight(fair) { background: var(--fair-back); }
  ::highlight(poor) { background: var(--poor-back); }
  .fair { background: var(--fair-back); } .poor { background: var(--poor-back); }
  kbd { border: 1px solid var(--line); border-radius: .25rem; padding: 0 .3rem; font-size: .8em; }
  """

/// Functions that the pages' scripts share.
let pageScript = """
  "use strict";
  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  const percent = share => (100 * share).toFixed(1) + " %";
  const shown = letter => letter === " " ? "space" : letter === "\\u200d" ? "ZWJ" : letter === "\\u200c" ? "ZWNJ"
    : /^[\\p{M}]/u.test(letter) ? "\\u25cc" + letter : letter;

  // Colors without elements, so that letters keep their joined forms.
  const colors = {};
  for (const name of ["fair", "poor"])
    if (window.Highlight && CSS.highlights) CSS.highlights.set(name, colors[name] = new Highlight());

  // The letters of a text as people count them, each with the least confidence of its scalars.
  function clusters(text, letters) {
    const parts = window.Intl && Intl.Segmenter
      ? [...new Intl.Segmenter(undefined, {granularity: "grapheme"}).segment(text)].map(part => part.segment) : [...text];
    let place = 0, next = 0;
    return parts.map(part => {
      const start = place;
      let confidence = 1;
      place += part.length;
      for (let end = start; end < place && next < letters.length; next++) {
        end += letters[next].letter.length;
        confidence = Math.min(confidence, letters[next].confidence);
      }
      return {part, start, end: place, confidence};
    });
  }

  // A text with its doubted letters colored, and these in words.
  function coloredText(text, letters) {
    const shownText = element("div", {className: "text", dir: "auto", textContent: text || "(nothing)"});
    const doubted = text ? clusters(text, letters).filter(part => part.confidence < .9) : [];
    for (const {start, end, confidence} of doubted) {
      const color = colors[confidence < .5 ? "poor" : "fair"];
      if (!color) continue;
      const range = new Range();
      range.setStart(shownText.firstChild, start);
      range.setEnd(shownText.firstChild, end);
      color.add(range);
    }
    const words = doubted.slice(0, 12).map(({part, confidence}) => `\\u2068${shown(part)}\\u2069 ${Math.round(100 * confidence)} %`);
    const sum = element("div", {className: "sum doubted", textContent: words.length
      ? "doubted: " + words.join(", ") + (doubted.length > 12 ? ` and ${doubted.length - 12} more` : "") : ""});
    return [shownText, sum];
  }

  async function copy(text, button) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without a secure context there is only this way.
      const area = element("textarea", {value: text});
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    const label = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 1500);
  }
  const copyButton = (text, label = "Copy") => {
    const button = element("button", {type: "button", textContent: label, className: "copy"});
    button.addEventListener("click", () => copy(text, button));
    return button;
  };

  fetch("health").then(answer => answer.json()).then(({checkpoint, network, letters, cer}) => {
    document.getElementById("model").textContent = `${checkpoint} (network ${network}, ${letters} letters`
      + (cer === undefined ? ")" : `, ${percent(cer)} character errors on its validation data)`);
  }).catch(() => {});
  """
