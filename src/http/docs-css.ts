/** How `/docs` looks: light or dark as the reader's system is, in one column on small screens. */
export const DOCS_CSS = `
:root {
  color-scheme: light dark;
  --ground: #fff; --raised: #f5f6f8; --line: #d8dce3; --text: #1b1f27; --quiet: #565e6c; --link: #0b57b4;
  --get: #0b57b4; --post: #0f6b3a; --patch: #8a4b00; --put: #8a4b00; --delete: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171c; --raised: #1d2128; --line: #353b46; --text: #e6e9ee; --quiet: #a5adba; --link: #8ab8ff;
    --get: #8ab8ff; --post: #7fd6a3; --patch: #f0b46c; --put: #f0b46c; --delete: #ff9e95;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere;
}
a { color: var(--link); }
a:focus-visible, summary:focus-visible, pre:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 1rem; padding: .5rem; background: var(--ground); z-index: 1; }
main { max-width: 52rem; padding: 1rem; min-width: 0; }
nav { padding: 1rem; border-bottom: 1px solid var(--line); font-size: .9rem; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav > * > ul > li { margin: .75rem 0; }
nav ul ul { padding-left: .75rem; }
nav li li a { display: block; padding: .2rem 0; color: var(--quiet); text-decoration: none; }
nav a:hover { text-decoration: underline; }
summary { cursor: pointer; padding: .25rem 0; font-weight: 600; }
.wide { display: none; }
h1, h2, h3, h4 { line-height: 1.25; }
h2 { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { margin: 0; font-size: 1.1rem; }
h3 a { color: inherit; text-decoration: none; }
h3 a:hover { text-decoration: underline; }
h4 { margin: 1.25rem 0 .25rem; font-size: .95rem; }
article { margin: 1.5rem 0; padding: 1rem; background: var(--raised); border: 1px solid var(--line); border-radius: .5rem; }
article:target { border-color: var(--link); }
code, pre { font: .875rem/1.5 ui-monospace, monospace; }
pre {
  margin: .5rem 0 0; padding: .75rem; overflow-x: auto; overflow-wrap: normal;
  background: var(--ground); border: 1px solid var(--line); border-radius: .375rem;
}
.route { margin: .5rem 0; }
.method { font-weight: 700; font-size: .8rem; letter-spacing: .03em; }
.get { color: var(--get); } .post { color: var(--post); } .patch { color: var(--patch); }
.put { color: var(--put); } .delete { color: var(--delete); }
.fields { list-style: none; margin: 0; padding: 0; }
.fields > li { padding: .4rem 0; border-top: 1px solid var(--line); }
.fields .fields { margin: .4rem 0 0; padding-left: .75rem; border-left: 2px solid var(--line); }
.field, .words { margin: 0; }
.field > * { margin-right: .5rem; }
.name { font-weight: 600; }
.type, .note, .words { color: var(--quiet); font-size: .9rem; }
.note { display: inline-block; padding: 0 .4rem; border: 1px solid var(--line); border-radius: .75rem; font-size: .8rem; }
dt { margin-top: .75rem; font-weight: 600; }
dd { margin: 0; color: var(--quiet); }
@media (min-width: 64rem) {
  body { display: grid; grid-template-columns: 19rem minmax(0, 1fr); }
  nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; border-bottom: 0; border-right: 1px solid var(--line); }
  nav details { display: none; }
  .wide { display: block; }
  main { padding: 1rem 2.5rem; }
}
@media print { nav { display: none; } body { display: block; } }
`;
