/// The style of the report: light or dark as the reader's system, one column on a phone.
enum ReportStyle {
  static let css = """
    :root { color-scheme: light dark; --page: #ffffff; --ink: #1a1c1f; --soft: #575d66; --edge: #d5d9df; --card: #f5f6f8;
      --mark: #ffdcd6; --bad: #a3160c; --good: #17692f; --s1: #1c5fb8; --s2: #b34a00; }
    @media (prefers-color-scheme: dark) {
      :root { --page: #15171a; --ink: #e6e8eb; --soft: #a3aab4; --edge: #3a3f47; --card: #1e2125;
        --mark: #6b231c; --bad: #ff9d92; --good: #7fd698; --s1: #77aeff; --s2: #ffa45c; }
    }
    * { box-sizing: border-box; }
    body { margin: 0 auto; max-width: 76rem; padding: 1rem 1.25rem 3rem; background: var(--page); color: var(--ink);
      font: 1rem/1.5 system-ui, "Noto Sans", "Noto Sans Sinhala", "Nirmala UI", sans-serif; }
    h1 { font-size: 1.7rem; margin: .5rem 0 0; overflow-wrap: anywhere; }
    h2 { font-size: 1.25rem; margin: 2.2rem 0 .4rem; border-bottom: 1px solid var(--edge); padding-bottom: .2rem; }
    p { margin: .4rem 0 .8rem; max-width: 46rem; }
    code, pre { font: .9rem/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }
    code { overflow-wrap: anywhere; }
    pre { background: var(--card); border: 1px solid var(--edge); border-radius: .4rem; padding: .6rem .8rem;
      overflow-x: auto; margin: .2rem 0 1rem; }
    pre code { overflow-wrap: normal; }
    .text { font-family: "Noto Sans", system-ui, sans-serif; font-size: 1.2rem; line-height: 1.7; overflow-wrap: anywhere; }
    bdi:lang(si) { font-family: "Noto Sans Sinhala", "Iskoola Pota", "Nirmala UI", "Sinhala Sangam MN", sans-serif; }
    bdi:lang(ta) { font-family: "Noto Sans Tamil", "Nirmala UI", "Tamil Sangam MN", sans-serif; }
    bdi:lang(hi) { font-family: "Noto Sans Devanagari", "Nirmala UI", "Kohinoor Devanagari", sans-serif; }
    bdi:lang(bn) { font-family: "Noto Sans Bengali", "Nirmala UI", sans-serif; }
    bdi:lang(ar) { font-family: "Noto Naskh Arabic", "Amiri", "Geeza Pro", "Segoe UI", "Noto Sans Arabic", serif; }
    bdi:lang(he) { font-family: "Noto Sans Hebrew", "Segoe UI", "Arial Hebrew", sans-serif; }
    bdi:lang(am) { font-family: "Noto Sans Ethiopic", "Nyala", "Kefa", sans-serif; }
    bdi:lang(zh), bdi:lang(ja), bdi:lang(ko) { font-family: "Noto Sans CJK SC", "Noto Sans CJK JP", system-ui, sans-serif; }
    .lede { color: var(--soft); }
    .large { margin: .8rem 0; display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: baseline; max-width: none; }
    .large b { font-size: 3.2rem; line-height: 1.15; font-variant-numeric: tabular-nums; }
    .banner { border-left: .3rem solid var(--s1); background: var(--card); padding: .5rem .8rem; border-radius: .2rem;
      overflow-wrap: anywhere; }
    .banner.failed { border-color: var(--bad); }
    a { color: var(--s1); }
    dd bdi { display: block; text-align: start; }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
    th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--edge); vertical-align: top; }
    th { font-weight: 600; }
    thead th { color: var(--soft); white-space: nowrap; }
    td.value { overflow-wrap: anywhere; }
    td.number { text-align: right; }
    td .text { font-size: 1.1rem; line-height: 1.4; white-space: nowrap; }
    small, .path, .none { color: var(--soft); }
    .path { font-size: .8rem; overflow-wrap: anywhere; }
    details > summary { cursor: pointer; padding: .3rem 0; }
    .charts { display: grid; gap: 1.2rem 2rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); }
    .chart { margin: 0; }
    .chart figcaption { display: flex; flex-wrap: wrap; gap: 0 .9rem; align-items: baseline; }
    .chart > svg { width: 100%; height: auto; display: block; overflow: visible; }
    .key { font-size: .85rem; color: var(--soft); white-space: nowrap; }
    svg text { font: 12px system-ui, "Noto Sans", sans-serif; fill: var(--soft); }
    .rule { stroke: var(--edge); stroke-width: 1; }
    .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
    .dash { stroke-dasharray: 5 3; }
    .s1 { stroke: var(--s1); } .s2 { stroke: var(--s2); }
    circle.s1 { fill: var(--s1); } circle.s2 { fill: var(--s2); }
    .at rect { fill: transparent; }
    .at circle, .at .read { opacity: 0; }
    .at:hover circle, .at:hover .read { opacity: 1; }
    .at .read { fill: var(--ink); font-weight: 600; paint-order: stroke; stroke: var(--page); stroke-width: 4px; }
    .grid { display: grid; gap: .9rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); }
    .card { background: var(--card); border: 1px solid var(--edge); border-radius: .5rem; padding: .7rem .8rem; min-width: 0; }
    .wide { grid-column: 1 / -1; }
    .picture { overflow-x: auto; display: flex; }
    .picture img { display: block; max-width: 100%; height: auto; max-height: 3rem; width: auto; background: #fff;
      border-radius: .2rem; }
    .wide .picture img { max-width: none; height: 3rem; flex: none; margin-inline-end: 2rem; }
    .wide .picture::after { content: ""; flex: none; position: sticky; inset-inline-end: 0; width: 2rem;
      margin-inline-start: -2rem; background: linear-gradient(to right, transparent, var(--card) 80%); }
    .wide .picture[dir="rtl"]::after { background: linear-gradient(to left, transparent, var(--card) 80%); }
    .wide .picture { scrollbar-width: thin; }
    dl { display: grid; grid-template-columns: auto 1fr; gap: 0 .7rem; margin: .5rem 0 .2rem; align-items: baseline; }
    dt { color: var(--soft); font-size: .85rem; }
    dd { margin: 0; min-width: 0; }
    .card p { margin: .1rem 0 0; font-size: .85rem; }
    .right { color: var(--good); } .wrong { color: var(--bad); }
    mark { background: var(--mark); color: inherit; text-decoration: underline 2px var(--bad); text-underline-offset: .2em; }
    footer { margin-top: 3rem; color: var(--soft); font-size: .9rem; }
    @media (max-width: 30rem) { body { padding: .6rem .8rem 2rem; } h1 { font-size: 1.4rem; } }
    @media print { .card { break-inside: avoid; } }
    """
}
