//! How the page looks: two sets of colours, each with a contrast of at least 4.5 to its ground.

/// The style sheet.
pub(super) const CSS: &str = "\
:root{color-scheme:light dark;--ground:#fbfbfa;--panel:#fff;--ink:#1c2126;--soft:#51595f;--line:#d5d9dc;--link:#0b57a4;
--good:#1a6b33;--good-bg:#e4f3e8;--warn:#7a4b00;--warn-bg:#fbf0d9;--wrong:#a3161c;--wrong-bg:#fbe5e5;--unknown:#4b4f86;--unknown-bg:#e9eaf6}
@media (prefers-color-scheme:dark){:root{--ground:#14181b;--panel:#1c2226;--ink:#e8ecee;--soft:#aab3b9;--line:#3a4349;--link:#8cc4ff;
--good:#8fdca6;--good-bg:#16351f;--warn:#f2c879;--warn-bg:#3a2c10;--wrong:#ffa8a6;--wrong-bg:#431b1c;--unknown:#bfc3ff;--unknown-bg:#282b4d}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.5rem;background:var(--ground);color:var(--ink);font:1rem/1.55 system-ui,'Segoe UI',sans-serif;overflow-wrap:anywhere}
h1{font-size:1.8rem;margin:0}h2{font-size:1.3rem;margin:2.2rem 0 .8rem}h3{font-size:1rem;margin:0 0 .4rem}
p{margin:.3rem 0}a{color:var(--link)}code{font:.9em ui-monospace,Consolas,monospace}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--panel);padding:.5rem 1rem}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
nav ul{display:flex;flex-wrap:wrap;gap:.4rem 1.4rem;list-style:none;padding:0;margin:1rem 0 0}
.summary{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.8rem;margin:1.2rem 0 0}
.summary div{background:var(--panel);border:1px solid var(--line);border-radius:.5rem;padding:.6rem .9rem}
dt{color:var(--soft);font-size:.85rem}dd{margin:0;font-size:1.15rem;font-weight:600}
article,.findings li{background:var(--panel);border:1px solid var(--line);border-left:.35rem solid var(--line);border-radius:.5rem;padding:.9rem 1.1rem;margin:0 0 1rem}
.findings{list-style:none;padding:0;margin:0}
.good{--mark:var(--good);--mark-bg:var(--good-bg)}.warn{--mark:var(--warn);--mark-bg:var(--warn-bg)}
.wrong{--mark:var(--wrong);--mark-bg:var(--wrong-bg)}.unknown{--mark:var(--unknown);--mark-bg:var(--unknown-bg)}
article.good,article.warn,article.wrong,article.unknown,.findings li{border-left-color:var(--mark)}
.badge{display:inline-block;background:var(--mark-bg);color:var(--mark);border-radius:1rem;padding:.05rem .65rem;font-size:.85rem;font-weight:600}
.badge.row{--mark:var(--ink);--mark-bg:var(--line)}
.state{color:var(--mark);font-weight:600;white-space:nowrap}.none,.small{color:var(--soft);font-size:.9rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;margin:.5rem 0 0}caption{text-align:left;color:var(--soft);font-size:.85rem;padding:.2rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--line)}
thead th{font-size:.85rem;color:var(--soft)}tbody th{font-weight:500}tbody th,table time{white-space:nowrap}td{overflow-wrap:normal;min-width:6rem}tfoot th,tfoot td{border-bottom:0;border-top:2px solid var(--line)}
svg{width:100%;height:auto;min-width:40rem;background:var(--panel);border:1px solid var(--line);border-radius:.5rem}
svg text{fill:var(--ink);font:13px system-ui,'Segoe UI',sans-serif}svg .tick{fill:var(--soft);font-size:12px}
svg g text{paint-order:stroke;stroke:var(--panel);stroke-width:5px}
svg .grid{stroke:var(--line)}svg .today{stroke:var(--link);stroke-width:2}svg .now{fill:var(--link)}
svg rect{fill:var(--mark-bg);stroke:var(--mark)}
footer{margin-top:2.5rem;color:var(--soft);font-size:.9rem}
@media (max-width:40rem){body{padding:.8rem}article,.findings li{padding:.7rem .8rem}.summary{grid-template-columns:1fr 1fr}}
@media print{body{max-width:none}nav,.skip{display:none}article,.findings li{break-inside:avoid}}
";
