/** How `/docs` looks: as the console does, light or dark, in one column on small screens. */
export const DOCS_CSS = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#fff, #15191c); --raised: light-dark(#f6f7f8, #1b2024); --line: light-dark(#dfe3e6, #2a3136);
  --text: light-dark(#1a2023, #e4e9ec); --quiet: light-dark(#57626a, #98a4ac); --link: light-dark(#0b6b7a, #4cc3d3);
  --chosen: light-dark(#e3f2f4, #12323a);
  --get: light-dark(#0b5c94, #79bdf2); --post: light-dark(#1a6b3c, #5cc98a); --change: light-dark(#7d4e00, #e0ac4f);
  --delete: light-dark(#b42325, #f58a86);
}
:root[data-theme=light] { color-scheme: light; }
:root[data-theme=dark] { color-scheme: dark; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { scroll-padding-top: 4.5rem; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 1rem/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; overflow-wrap: anywhere;
}
a { color: var(--link); }
a:focus-visible, summary:focus-visible, pre:focus-visible, button:focus-visible, .scroll:focus-visible, table:focus-visible {
  outline: 2px solid var(--link); outline-offset: 2px;
}
main:focus { outline: 0; }
button {
  font: inherit; font-size: .875rem; color: var(--text); background: var(--ground); cursor: pointer;
  border: 1px solid var(--quiet); border-radius: .375rem; padding: .25rem .75rem; min-height: 2rem;
}
kbd { font: .75rem ui-monospace, monospace; border: 1px solid var(--line); border-radius: .25rem; padding: 0 .3rem; color: var(--quiet); }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 1rem; padding: .5rem; background: var(--ground); z-index: 3; }
.top {
  position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1rem; padding: .5rem 1rem;
  background: var(--ground); border-bottom: 1px solid var(--line);
}
.brand { font-weight: 650; color: inherit; text-decoration: none; margin-right: auto; padding: .25rem 0; }
.links { display: flex; gap: .25rem; }
.links a, .console { display: inline-block; padding: .25rem .4rem; font-size: .9rem; }
.links a[aria-current] { color: inherit; text-decoration: none; font-weight: 600; }
main { max-width: 56rem; padding: 1rem; min-width: 0; }
.side { padding: .5rem 1rem; border-bottom: 1px solid var(--line); font-size: .9rem; }
.side ul { list-style: none; margin: 0; padding: 0; }
.side a { display: block; padding: .25rem .5rem; color: inherit; text-decoration: none; border-radius: .375rem; }
.side a:hover { background: var(--raised); }
.side a[aria-current] { background: var(--chosen); font-weight: 600; }
.side ul ul { margin: .25rem 0 .5rem .5rem; border-left: 1px solid var(--line); padding-left: .25rem; }
.side ul ul a { color: var(--quiet); }
.group { margin: 1rem 0 .25rem; padding: 0 .5rem; font-size: .8rem; font-weight: 600; color: var(--quiet); }
summary { cursor: pointer; padding: .25rem 0; font-weight: 600; }
.wide { display: none; }
.breadcrumb ol { display: flex; flex-wrap: wrap; list-style: none; margin: 0; padding: 0; font-size: .875rem; color: var(--quiet); }
.breadcrumb li + li::before { content: "/"; margin: 0 .5rem; }
h1, h2, h3, h4 { line-height: 1.3; }
h1 { margin: .75rem 0 .5rem; font-size: 1.75rem; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.25rem; }
h3 { margin: 1.25rem 0 .25rem; font-size: .95rem; }
.lead { font-size: 1.05rem; color: var(--quiet); margin-top: 0; }
.related { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
article { margin: 1.5rem 0; padding: 1rem; border: 1px solid var(--line); border-radius: .5rem; }
article:target { border-color: var(--link); }
article h2 { margin: 0; font-size: 1.1rem; }
article h2 a { color: inherit; text-decoration: none; }
article h2 a:hover { text-decoration: underline; }
code, pre { font: .875em/1.5 ui-monospace, "Noto Sans Mono CJK SC", monospace; }
pre {
  margin: .5rem 0 0; padding: .75rem; overflow-x: auto; overflow-wrap: normal; font-size: .875rem;
  background: var(--raised); border: 1px solid var(--line); border-radius: .375rem;
}
pre code { font-size: 1em; }
.example { position: relative; }
.example .copy { margin-top: .5rem; }
.route { margin: .5rem 0; }
.method { font-weight: 700; font-size: .8rem; letter-spacing: .03em; }
.get { color: var(--get); } .post { color: var(--post); } .patch, .put { color: var(--change); } .delete { color: var(--delete); }
.fields { list-style: none; margin: 0; padding: 0; }
.fields > li { padding: .4rem 0; border-top: 1px solid var(--line); }
.fields .fields { margin: .4rem 0 0; padding-left: .75rem; border-left: 2px solid var(--line); }
.field, .fields .words { margin: 0; }
.field > * { margin-right: .4rem; }
.name { font-weight: 600; }
.type, .note, .words { color: var(--quiet); font-size: .9rem; }
.note { display: inline-block; padding: 0 .4rem; border: 1px solid var(--line); border-radius: .75rem; font-size: .8rem; }
.type-box { border-top: 1px solid var(--line); }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .75rem; list-style: none; margin: 0; padding: 0; }
.cards li { padding: .75rem; border: 1px solid var(--line); border-radius: .5rem; }
.cards a { font-weight: 600; }
.cards p { margin: .25rem 0 0; }
.adjacent { display: flex; justify-content: space-between; gap: 1rem; margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); }
.adjacent span.words { display: block; }
.adjacent a[rel=next] { text-align: right; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { padding: .4rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: normal; }
td { overflow-wrap: anywhere; }
tr:target { background: var(--chosen); }
.guide table { display: block; overflow-x: auto; }
dt { margin-top: .75rem; font-weight: 600; }
dd { margin: 0; color: var(--quiet); }
dialog {
  width: min(40rem, 100vw - 2rem); max-height: 80vh; margin-top: 10vh; padding: 1rem; color: var(--text); background: var(--ground);
  border: 1px solid var(--line); border-radius: .5rem;
}
dialog::backdrop { background: rgb(0 0 0 / 45%); }
dialog form { display: flex; gap: .5rem; }
dialog input {
  flex: 1; min-width: 0; font: inherit; padding: .4rem .6rem; color: inherit; background: var(--raised);
  border: 1px solid var(--quiet); border-radius: .375rem;
}
dialog p { margin: .5rem 0; font-size: .875rem; color: var(--quiet); }
dialog ul { list-style: none; margin: 0; padding: 0; overflow-y: auto; }
dialog li a { display: block; padding: .4rem .5rem; border-radius: .375rem; text-decoration: none; }
dialog li a:hover, dialog li a:focus { background: var(--chosen); }
dialog li span { display: block; font-size: .85rem; color: var(--quiet); }
@media (min-width: 64rem) {
  .columns { display: grid; grid-template-columns: 18rem minmax(0, 1fr); }
  .side { position: sticky; top: 3.25rem; height: calc(100vh - 3.25rem); overflow-y: auto; border-bottom: 0; border-right: 1px solid var(--line); }
  .side details { display: none; }
  .wide { display: block; }
  main { padding: 1rem 2.5rem 4rem; }
}
@media (max-width: 40rem) {
  /* A code and its status, and below them what they mean: three columns leave a few letters for that. */
  .scroll thead { position: absolute; clip-path: inset(50%); }
  .scroll tr { display: flex; flex-wrap: wrap; gap: 0 .75rem; padding: .4rem 0; border-bottom: 1px solid var(--line); }
  .scroll :is(th, td) { padding: 0; border: 0; }
  .scroll td:last-child { flex-basis: 100%; }
  .example pre { white-space: pre-wrap; overflow-wrap: anywhere; }
}
@media print { .side, .top, .adjacent { display: none; } }
`;
