package artwork

// kitchen are what one cooks, serves and eats with, and some of what one eats.
func kitchen() map[string]shape {
	return map[string]shape{
		"pan": {body: `<path d="M124 88 172 40c6-6 16 2 10 10l-44 52z" fill="{k}"/><circle cx="174" cy="48" r="3" fill="{w}"/><circle cx="84" cy="112" r="60" fill="{d}"/>` +
			`<circle cx="84" cy="110" r="54" fill="{m}"/><circle cx="84" cy="110" r="44" fill="{d}" opacity=".55"/><path d="M50 92c8-16 22-22 38-20" fill="none" stroke="{l}" stroke-width="5" stroke-linecap="round" opacity=".7"/>`},
		"pot": {body: `<path d="M20 92h24v14H26c-4 0-6-3-6-7zM180 92h-24v14h18c4 0 6-3 6-7z" fill="{d}"/><path d="M38 82h124v58c0 14-8 22-20 22H58c-12 0-20-8-20-22z" fill="{m}"/>` +
			`<path d="M38 86h124v10H38z" fill="{d}" opacity=".5"/><path d="M36 82c6-20 32-28 64-28s58 8 64 28z" fill="{l}"/><path d="M36 78h128v8H36z" fill="{d}"/><path d="M90 40h20v14H90z" fill="{k}"/><path d="M52 108c0 18 2 30 8 38" fill="none" stroke="{l}" stroke-width="6" stroke-linecap="round"/>`},
		"bakeware": {patterned: true, body: `<path d="M14 92h172v12c0 6-4 8-8 8H22c-4 0-8-2-8-8z" fill="{d}"/><path d="M30 84h140l-10 62c-1 6-4 8-10 8H50c-6 0-9-2-10-8z" fill="{m}"/>` +
			`<path d="M30 84c4-14 18-14 26-8 8-12 24-10 30 0 8-10 22-10 30 0 8-10 24-10 28 0 10-6 22-4 26 8z" fill="#e7b768"/><path d="M28 84h144v8H28z" fill="{l}"/>`},
		"ramekins": {body: `<g id="r"><path d="M20 100h72l-6 48c-1 6-4 8-10 8H36c-6 0-9-2-10-8z" fill="{m}"/><path d="M36 104l3 48M48 104l2 50M62 104l-1 50M76 104l-4 48" stroke="{d}" stroke-width="3"/><ellipse cx="56" cy="100" rx="37" ry="11" fill="{l}"/>` +
			`<ellipse cx="56" cy="100" rx="30" ry="8" fill="#d58a35"/><path d="M36 98c8-6 26-6 36 2-10-1-24 2-36-2z" fill="#a85a1e"/></g><use href="#r" x="88"/><use href="#r" x="44" y="-52"/>`},
		"mug": {patterned: true, body: `<path d="M128 84h14c34 0 34 54 0 54h-14v-14h12c14 0 14-26 0-26h-12z" fill="{d}"/><path d="M46 66h88v78c0 12-8 18-18 18H64c-10 0-18-6-18-18z" fill="{m}"/>` +
			`<ellipse cx="90" cy="66" rx="44" ry="10" fill="{d}"/><ellipse cx="90" cy="67" rx="36" ry="7" fill="#5b3a26"/><path d="M74 48c-8-8 6-14 0-24M96 48c-8-8 6-14 0-24" fill="none" stroke="{w}" stroke-width="5" stroke-linecap="round"/>`},
		"plate": {body: `<ellipse cx="100" cy="104" rx="76" ry="58" fill="{d}"/><ellipse cx="100" cy="100" rx="76" ry="58" fill="{m}"/><ellipse cx="100" cy="100" rx="66" ry="49" fill="none" stroke="{a}" stroke-width="2.5"/><ellipse cx="100" cy="101" rx="50" ry="36" fill="{d}" opacity=".35"/><ellipse cx="100" cy="103" rx="48" ry="34" fill="{l}"/>`},
		"bowl":  {patterned: true, body: `<path d="M78 152h44v10H78z" fill="{d}"/><path d="M26 82h148c0 44-30 72-74 72S26 126 26 82z" fill="{m}"/><ellipse cx="100" cy="82" rx="74" ry="18" fill="{d}"/><ellipse cx="100" cy="83" rx="64" ry="13" fill="{l}"/>`},
		"glass": {body: `<path d="M58 36h84l-8 118c-1 6-4 8-10 8H76c-6 0-9-2-10-8z" fill="{l}" opacity=".55"/><path d="M63 78h74l-6 74c-1 5-3 6-8 6H77c-5 0-7-1-8-6z" fill="{m}" opacity=".85"/>` +
			`<ellipse cx="100" cy="78" rx="37" ry="7" fill="{l}"/><path d="m88 92 20-5 4 18-20 5zM80 120l18 4-5 17-17-5z" fill="#fff" opacity=".55"/><ellipse cx="100" cy="36" rx="42" ry="8" fill="none" stroke="{d}" stroke-width="2.5"/><path d="m118 14-14 100" stroke="{a}" stroke-width="6"/>`},
		"knife": {body: `<path d="M32 130C60 72 96 44 136 30c2 34-6 58-30 86l-14-12-46 38z" fill="#cfd6da"/><path d="M32 130C60 72 96 44 136 30c-24 24-60 60-98 104z" fill="#eef2f4"/><path d="m106 102 46 50c8 8-6 20-14 12L94 114z" fill="{m}"/><g fill="{l}"><circle cx="112" cy="120" r="3"/><circle cx="126" cy="135" r="3"/><circle cx="140" cy="150" r="3"/></g>`},
		"utensil": {body: `<g transform="rotate(24 100 100)"><path d="M95 84h10l3 84H92z" fill="{d}"/><ellipse cx="100" cy="58" rx="24" ry="34" fill="{m}"/><ellipse cx="100" cy="58" rx="14" ry="24" fill="{d}" opacity=".4"/></g>` +
			`<g transform="rotate(-24 100 100)"><path d="M95 84h10l3 84H92z" fill="{d}"/><path d="M78 26h44l-4 62H82z" fill="{l}"/><path d="M88 38h4v38h-4zM98 38h4v38h-4zM108 38h4v38h-4z" fill="{d}"/></g>`},
		"board": {body: `<path d="M40 52c0-8 4-12 12-12h66c8 0 12 4 12 12v22h36c10 0 10 28 0 28h-36v50c0 8-4 12-12 12H52c-8 0-12-4-12-12z" fill="{m}" transform="rotate(-12 100 100)"/>` +
			`<g transform="rotate(-12 100 100)"><circle cx="158" cy="88" r="6" fill="{w}"/><path d="M46 70c30 6 54-4 80 2M46 96c30-4 54 6 80 0M46 124c30 6 54-4 80 2M46 146c30-4 54 4 78 0" fill="none" stroke="{d}" stroke-width="3" opacity=".6"/><circle cx="80" cy="84" r="15" fill="#d9574a"/><circle cx="80" cy="84" r="10" fill="#f1a08e"/></g>`},
		"kettle": {body: `<path d="M64 70c0-56 72-56 72 0" fill="none" stroke="{k}" stroke-width="9"/><path d="M136 104c16-4 18-24 34-32l8 8c-14 10-12 38-38 52z" fill="{d}"/>` +
			`<path d="M62 72h76c14 20 20 44 18 78 0 8-4 12-12 12H56c-8 0-12-4-12-12-2-34 4-58 18-78z" fill="{m}"/><path d="M62 72h76l4 8H58z" fill="{d}"/><path d="M92 60h16v12H92z" fill="{k}"/><path d="M62 96c-6 14-8 30-6 46" fill="none" stroke="{l}" stroke-width="7" stroke-linecap="round"/>`},
		"teapot": {patterned: true, body: `<path d="M62 88C20 78 16 132 62 138" fill="none" stroke="{d}" stroke-width="10"/><path d="M136 112c18 0 20-30 44-36l4 10c-16 8-16 44-48 54z" fill="{d}"/>` +
			`<path d="M70 70h60c18 12 24 28 24 46 0 30-22 46-54 46s-54-16-54-46c0-18 6-34 24-46z" fill="{m}"/><path d="M66 74c6-14 20-20 34-20s28 6 34 20z" fill="{l}"/><path d="M64 72h72v6H64z" fill="{d}"/><circle cx="100" cy="48" r="8" fill="{a}"/>`},
		"coffeemaker": {body: `<path d="M134 60h20c10 0 12 6 12 14v58h-12V76h-20z" fill="{k}"/><path d="M68 34h64l8 56H60z" fill="{d}"/><path d="M66 34h68l-8-8H74z" fill="{k}"/><path d="m68 34-18-2 14 22z" fill="{d}"/><path d="M58 90h84v10H58z" fill="{k}"/>` +
			`<path d="M60 100h80l10 58c1 4-1 6-4 6H54c-3 0-5-2-4-6z" fill="{m}"/><path d="m76 100-8 64H54c-3 0-5-2-4-6l10-58z" fill="{l}" opacity=".6"/><path d="m124 100 8 64h-10l-6-64z" fill="{d}" opacity=".6"/>`},
		"jar": {body: `<path d="M60 34h80v20H60z" fill="{k}"/><path d="M60 46h80v8H60z" fill="{a}"/><path d="M58 54h84c10 8 14 16 14 28v66c0 10-6 14-14 14H58c-8 0-14-4-14-14V82c0-12 4-20 14-28z" fill="{m}"/>` +
			`<path d="M56 90h88v44H56z" fill="{w}"/><path d="M72 100h56v6H72zM82 113h36v4H82zM90 122h20v3H90z" fill="{d}"/><path d="M54 72c-3 4-3 8-3 12" fill="none" stroke="#fff" opacity=".6" stroke-width="5" stroke-linecap="round"/>`},
		"pouch": {patterned: true, body: `<path d="M54 44h92l8 112c0 6-3 8-8 8H54c-5 0-8-2-8-8z" fill="{m}"/><path d="M52 28h96v18H52z" fill="{d}"/><path d="M52 36h96" stroke="{l}" stroke-width="2" stroke-dasharray="4 4"/><path d="M66 78h68v52H66z" fill="{w}"/>` +
			`<path d="M100 86c12 6 14 18 0 26-14-8-12-20 0-26z" fill="{a}"/><path d="M78 118h44v4H78z" fill="{d}"/>`},
		"tin": {patterned: true, body: `<path d="M48 66h104v88c0 6-20 10-52 10s-52-4-52-10z" fill="{m}"/><path d="M44 44h112v26c-30 8-82 8-112 0z" fill="{d}"/><ellipse cx="100" cy="44" rx="56" ry="11" fill="{l}"/><circle cx="100" cy="114" r="28" fill="{w}"/><path d="M100 94c14 10 14 28 0 40-14-12-14-30 0-40z" fill="#6f8f6a"/><path d="M100 98v34" stroke="#426b4a" stroke-width="2"/>`},
		"oil": {body: `<path d="M90 18h20v18H90z" fill="{k}"/><path d="M92 34h16v22c0 10 22 14 22 32v68c0 6-4 8-8 8H78c-4 0-8-2-8-8V88c0-18 22-22 22-32z" fill="{m}"/><path d="M70 104h60v40H70z" fill="{w}"/><ellipse cx="100" cy="120" rx="10" ry="8" fill="{d}"/><path d="M82 134h36v3H82z" fill="{d}"/><path d="M80 90c2-6 6-8 10-12" fill="none" stroke="#fff" opacity=".5" stroke-width="4" stroke-linecap="round"/>`},
	}
}
