/**
 * The one style sheet. Colours are pairs of ink and wash that keep a contrast of 4.5 to 1 in both modes; every state also has a
 * shape or a word. The variables at the top are all that the dark mode changes, and print goes back to light.
 */
const light = `
--page:#f6f7f9;--card:#fff;--ink:#16202c;--soft:#4d5b6b;--faint:#66727f;--line:#dfe4ea;--rule:#eef1f4;
--good:#146c3f;--good-wash:#e2f3e9;--good-fill:#2f9e66;--bad:#b3261e;--bad-wash:#fce8e6;--bad-fill:#d93a30;
--open:#7a5300;--open-wash:#fdf1d6;--open-fill:#c98a00;--accent:#1f5fbf;--accent-wash:#e5eefb;--accent-fill:#3b7dd8;
--track:#dbe3ec;--ok:#9fd3b6;--force:#f3d9d6;--void:#b9c2cc;
--owner:#4a5b70;--h0:#3b6fb5;--h1:#8a5cc7;--h2:#17808e;--h3:#a85a14;--h4:#5d6f2e;--h5:#a8447f`

const dark = `
--page:#10151b;--card:#182028;--ink:#e8edf2;--soft:#aab6c3;--faint:#93a0ae;--line:#2c3742;--rule:#222c36;
--good:#6fd3a0;--good-wash:#16352a;--good-fill:#37a872;--bad:#ff938a;--bad-wash:#43201f;--bad-fill:#e4574d;
--open:#f0c264;--open-wash:#3a2e14;--open-fill:#d09a2a;--accent:#8fbaf5;--accent-wash:#1b2c45;--accent-fill:#5592e6;
--track:#33404d;--ok:#2d6a4b;--force:#4a2a2b;--void:#56616d;
--owner:#5c7089;--h0:#3b6fb5;--h1:#8a5cc7;--h2:#17808e;--h3:#a85a14;--h4:#5d6f2e;--h5:#a8447f`

export const style = `
:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
@media print{:root{color-scheme:light;${light};--page:#fff}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans","Liberation Sans",sans-serif;font-variant-numeric:tabular-nums}
main,header,footer{max-width:1216px;margin:0 auto;padding:0 28px}
h1,h2,h3,h4{line-height:1.25;margin:0;text-wrap:balance}
h2{font-size:21px;margin:52px 0 6px;letter-spacing:-.01em}
h3{font-size:17px}
h4{font-size:13px;font-weight:600;margin:18px 0 6px;color:var(--soft)}
p{margin:0 0 10px}
a{color:var(--accent)}
.note{color:var(--soft);font-size:14px;max-width:78ch;margin-bottom:16px}
.small{font-size:13px;color:var(--soft)}
code,.mono{font:12.5px/1.5 ui-monospace,"SFMono-Regular",Menlo,"DejaVu Sans Mono",monospace}
.top{display:flex;gap:8px 22px;flex-wrap:wrap;align-items:baseline;justify-content:space-between;padding-top:26px;padding-bottom:14px;color:var(--soft);font-size:13.5px}
.top b{color:var(--ink);font-size:15px}
nav{display:flex;gap:4px 16px;flex-wrap:wrap}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px}
.hero{display:grid;grid-template-columns:1fr auto;gap:28px;padding:30px 32px 26px;border-left:6px solid var(--open-fill);align-items:center}
.hero.good{border-left-color:var(--good-fill)}.hero.bad{border-left-color:var(--bad-fill)}
.hero h1{font-size:29px;letter-spacing:-.018em;margin:8px 0 12px;max-width:25em}
.hero p{font-size:16px;color:var(--soft);max-width:62ch;margin:0}
.gauge{width:178px;text-align:center}
.gauge svg{width:150px;display:block;margin:0 auto}
.tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:14px;margin-top:14px}
.tile{padding:16px 18px}
.tile .figure{font-size:25px;font-weight:650;letter-spacing:-.02em;line-height:1.2}
.tile .what{font-weight:600;font-size:13.5px;margin-top:2px}
.tile .small{margin-top:2px}
.badge{display:inline-flex;align-items:center;gap:5px;padding:2px 9px 2px 7px;border-radius:99px;font-size:12.5px;font-weight:600;white-space:nowrap}
.badge svg{width:13px;height:13px;flex:none}
.badge.good{background:var(--good-wash);color:var(--good)}
.badge.bad{background:var(--bad-wash);color:var(--bad)}
.badge.open{background:var(--open-wash);color:var(--open)}
.badge.plain{background:var(--rule);color:var(--soft)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13.5px}
th,td{text-align:left;padding:8px 10px;vertical-align:top;border-bottom:1px solid var(--rule)}
thead th{font-size:12.5px;font-weight:600;color:var(--soft);border-bottom:1px solid var(--line);vertical-align:bottom;white-space:nowrap}
tbody tr:last-child>*{border-bottom:0}
tbody th{font-weight:600}
td.n,th.n{text-align:right;white-space:nowrap}
td.w{white-space:nowrap}
tr.group th{background:var(--rule);font-size:12.5px;color:var(--soft);padding:5px 10px;font-weight:600}
.faults td,.faults tbody th{vertical-align:middle}
.faults tbody th a,.matrix tbody th a{color:inherit;text-decoration:none}
.faults tbody th a:hover,.matrix tbody th a:hover{text-decoration:underline}
.faults tbody th span{display:block;font-weight:400;color:var(--soft);font-size:12.5px}
.faults .chart{display:block;width:256px;height:auto;font-weight:400}
.faults tbody th{min-width:190px}
.faults th,.faults td{padding-left:8px;padding-right:8px}
.fault{padding:22px 26px 24px;margin-top:18px}
.fault>header{padding:0;max-width:none;display:flex;gap:6px 16px;flex-wrap:wrap;align-items:center;justify-content:space-between}
.fault>header .small{flex-basis:100%}
.reasons{margin:12px 0 0;padding:10px 14px 10px 30px;border-radius:8px;background:var(--open-wash);color:var(--open)}
.fault.bad .reasons{background:var(--bad-wash);color:var(--bad)}
.quick{display:grid;grid-template-columns:repeat(auto-fit,minmax(168px,1fr));gap:10px 20px;margin:16px 0 6px;padding:0}
.quick div{border-top:2px solid var(--line);padding-top:6px}
.quick dt{font-size:12.5px;color:var(--soft)}
.quick dd{margin:0;font-weight:600;font-size:15px}
.quick dd small{display:block;font-weight:400;color:var(--soft);font-size:12.5px;line-height:1.4}
.timeline{display:block;width:100%;height:auto;margin-top:4px}
.timeline text,.map text,.chart text,.gauge text,.strip text{font-family:inherit;fill:var(--ink)}
svg .soft{fill:var(--soft)}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:12.5px;color:var(--soft);margin:6px 0 0;padding:0;list-style:none}
.legend li{display:flex;gap:6px;align-items:center}
.legend svg{width:22px;height:12px}
.two{display:grid;grid-template-columns:1fr 1fr;gap:4px 32px}
.two>*{min-width:0}
.witness{border-left:3px solid var(--bad-fill);padding:6px 14px;margin:8px 0;background:var(--bad-wash);border-radius:0 8px 8px 0;overflow-wrap:anywhere}
.map{display:block;width:100%;height:auto}
.pad{padding:18px 20px}
.matrix td,.matrix th{text-align:center;padding:7px 4px}
.matrix th:first-child{text-align:left;padding-left:10px}
.matrix thead th{white-space:normal;font-size:12px;line-height:1.3;min-width:70px}
.matrix svg{width:16px;height:16px;display:inline-block;vertical-align:middle}
.kv{display:grid;grid-template-columns:max-content 1fr;gap:3px 18px;margin:0;font-size:13.5px}
.kv dt{color:var(--soft)}.kv dd{margin:0;overflow-wrap:anywhere}
ul.plain{margin:0;padding-left:18px}
footer{padding-top:34px;padding-bottom:50px;color:var(--soft);font-size:13px}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
@media (max-width:900px){.tiles{grid-template-columns:1fr 1fr}.two{grid-template-columns:1fr}.hero{grid-template-columns:1fr}.gauge{width:auto}}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
@page{size:A4;margin:13mm 11mm}
@media print{
body{font-size:10.5pt;background:#fff;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main,header,footer{max-width:none;padding:0}
nav{display:none}
.card{border-color:#cfd6de}
h2{margin-top:26px;break-after:avoid}
h3,h4,.fault>header,.note{break-after:avoid}
.hero{padding:20px 22px}.hero h1{font-size:19pt}
.tile,.quick div,tr,.timeline,.map,.witness,.note,.hero{break-inside:avoid}
tr.group{break-after:avoid}
section:has(>#details){break-before:page}
.tiles{grid-template-columns:repeat(4,1fr)}.two{grid-template-columns:1fr 1fr}.hero{grid-template-columns:1fr auto}.gauge{width:150px}
.fault{break-inside:avoid;padding:14px 16px;margin-top:12px}
thead{display:table-header-group}
table{font-size:9pt}th,td{padding:4px 6px}
.faults .chart{width:150px}.faults tbody th{min-width:150px}
.scroll{overflow:visible}
a{color:inherit;text-decoration:none}
}
`
