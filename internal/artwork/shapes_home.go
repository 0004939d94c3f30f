package artwork

// home are furniture, light and what lies about in rooms.
func home() map[string]shape {
	return map[string]shape{
		"chair": {body: `<path d="M60 110h8l-4 54h-8zM132 110h8l4 54h-8z" fill="{k}"/><path d="M62 30c-6 0-8 6-7 12l7 60h76l7-60c1-6-1-12-7-12-24-6-52-6-76 0z" fill="{m}"/>` +
			`<path d="M72 42c18-4 38-4 56 0l-5 44H77z" fill="{d}" opacity=".35"/><path d="M52 98h96c6 0 8 4 8 9s-2 9-8 9H52c-6 0-8-4-8-9s2-9 8-9z" fill="{d}"/>` +
			`<path d="m76 116 4 44h-6l-6-44zM124 116l-4 44h6l6-44z" fill="{k}" opacity=".55"/>`},
		"stool": {body: `<path d="m66 80-18 84h10l20-84zM134 80l18 84h-10l-20-84z" fill="{d}"/><path d="m92 80-4 84h8l4-84zM108 80l4 84h-8l-4-84z" fill="{k}" opacity=".5"/>` +
			`<path d="M56 130h88v7H56z" fill="{d}"/><ellipse cx="100" cy="72" rx="52" ry="16" fill="{d}"/><ellipse cx="100" cy="66" rx="52" ry="16" fill="{m}"/>`},
		"table": {body: `<path d="m48 88-14 76h10l16-76zM152 88l14 76h-10l-16-76z" fill="{d}"/><path d="m76 88-4 58h8l4-58zM124 88l4 58h-8l-4-58z" fill="{k}" opacity=".45"/>` +
			`<path d="M22 76h156c4 0 5 3 4 6l-3 10H21l-3-10c-1-3 0-6 4-6z" fill="{m}"/><path d="M20 86h160l-1 6H21z" fill="{d}"/><path d="M90 54h20l-4 22H94z" fill="{w}"/>` +
			`<path d="M100 54c-2-16-12-18-18-18 0 12 8 18 18 18zM100 54c2-12 8-20 20-20 0 12-8 20-20 20z" fill="#6f8f6a"/>`},
		"shelf": {body: `<path d="M42 28h116v136H42z" fill="{d}"/><path d="M50 36h100v34H50zM50 78h100v34H50zM50 120h100v36H50z" fill="{l}"/>` +
			`<g fill="{m}"><path d="M42 28h8v136h-8zM150 28h8v136h-8zM42 70h116v8H42zM42 112h116v8H42z"/></g>` +
			`<path d="M58 44h9v26h-9zM80 40h8v30h-8z" fill="{a}"/><path d="M69 48h9v22h-9zM112 92h26v20h-26z" fill="{k}" opacity=".7"/><path d="M90 42h7v28h-7zM62 94h30v18H62z" fill="{w}"/>` +
			`<circle cx="126" cy="140" r="16" fill="{a}" opacity=".8"/><path d="M60 132h34v24H60z" fill="{d}"/>`},
		"sofa": {patterned: true, body: `<path d="M40 148h10v14H40zM150 148h10v14h-10z" fill="{k}"/><path d="M46 62c0-8 6-12 14-12h80c8 0 14 4 14 12v50H46z" fill="{m}"/>` +
			`<path d="M24 90c0-14 26-14 26 0v28h100V90c0-14 26-14 26 0v52c0 6-4 10-10 10H34c-6 0-10-4-10-10z" fill="{d}"/>` +
			`<path d="M52 104h46v20H52zM102 104h46v20h-46z" fill="{l}"/><path d="m62 78 26-4 4 28-26 2z" fill="{a}"/>`},
		"lamp": {body: `<path d="M70 36h60l22 62H48z" fill="{m}"/><path d="M70 36h18l-14 62H48z" fill="{l}" opacity=".6"/><path d="M48 98h104l2 6H46z" fill="{d}"/>` +
			`<path d="M95 104h10v44H95z" fill="{k}"/><path d="M66 160c0-10 14-16 34-16s34 6 34 16z" fill="{k}"/><path d="M132 104v22" stroke="{k}" stroke-width="2"/><circle cx="132" cy="129" r="4" fill="{a}"/>`},
		"floorlamp": {body: `<path d="M118 164c0-8 40-8 40 0z" fill="{k}"/><path d="M138 160C146 80 128 34 84 40" fill="none" stroke="{k}" stroke-width="6"/>` +
			`<path d="M84 36c22 2 36 18 38 42H36c2-26 22-44 48-42z" fill="{m}"/><path d="M84 36c-16 4-28 20-30 42H36c2-26 22-44 48-42z" fill="{l}" opacity=".5"/>` +
			`<path d="M62 78h34c0 20-34 20-34 0z" fill="#ffe9a8"/><path d="m44 84-14 50h96l-14-50z" fill="#ffe9a8" opacity=".35"/>`},
		"pendant": {body: `<path d="M98 10h4v50h-4z" fill="{k}"/><path d="M88 56h24v14H88z" fill="{k}"/><path d="M88 68h24c30 10 44 34 46 64H42c2-30 16-54 46-64z" fill="{m}"/>` +
			`<path d="M88 68h10c-20 12-30 36-32 64H42c2-30 16-54 46-64z" fill="{l}" opacity=".5"/><path d="M42 128h116v7H42z" fill="{d}"/><circle cx="100" cy="138" r="15" fill="#ffe9a8"/>`},
		"cushion": {patterned: true, body: `<path d="M40 46c40 10 80 10 120 0-8 38-8 70 0 108-40-10-80-10-120 0 8-38 8-70 0-108z" fill="{d}"/>` +
			`<path d="M48 54c34 8 70 8 104 0-6 32-6 60 0 92-34-8-70-8-104 0 6-32 6-60 0-92z" fill="{m}"/><circle cx="100" cy="100" r="6" fill="{d}"/>`},
		"towel": {patterned: true, body: `<path d="M40 126h120v18c0 8-4 14-12 14H52c-8 0-12-6-12-14z" fill="{d}"/><path d="M40 100h120v18c0 8-4 14-12 14H52c-8 0-12-6-12-14z" fill="{l}"/>` +
			`<path d="M40 66h120v28c0 8-4 12-12 12H52c-8 0-12-4-12-12V66c0-10 4-14 12-14h96c8 0 12 4 12 14z" fill="{m}"/><path d="M120 52h14v54h-14z" fill="{d}" opacity=".6"/><path d="M120 108h14v24h-14zM120 134h14v24h-14z" fill="{a}" opacity=".5"/>`},
		"bed": {patterned: true, body: `<path d="M26 60c0-6 4-10 10-10h128c6 0 10 4 10 10v104h-12v-12H38v12H26z" fill="{k}" opacity=".8"/><path d="M40 76h54v30H40zM106 76h54v30h-54z" fill="{w}"/>` +
			`<path d="M30 100h140v48H30z" fill="{m}"/><path d="M30 100h140v14H30z" fill="{l}"/><path d="M30 140h140v8H30z" fill="{d}"/>`},
		"rug": {patterned: true, body: `<path d="M48 60h104l26 84H22z" fill="{m}"/><path d="M58 70h84l20 64H38z" fill="none" stroke="{l}" stroke-width="4"/><path d="m100 82 30 20-30 22-30-22z" fill="{d}"/>` +
			`<path d="m100 92 15 10-15 11-15-11z" fill="{a}"/><g stroke="{l}" stroke-width="3"><path d="M26 146l-2 8M42 146l-1 8M58 146l-1 8M74 146v8M90 146v8M106 146v8M122 146v8M138 146l1 8M154 146l1 8M170 146l2 8"/></g>`},
		"vase": {patterned: true, body: `<g fill="none" stroke="#6f8f6a" stroke-width="3"><path d="M98 76c-2-24-10-38-22-48M102 76c2-26 10-36 24-44M100 76V22"/></g><g fill="{a}"><circle cx="74" cy="28" r="9"/><circle cx="128" cy="32" r="10"/><circle cx="100" cy="22" r="10"/></g>` +
			`<path d="M84 70h32c-2 14 26 26 26 54 0 26-14 38-26 38H84c-12 0-26-12-26-38 0-28 28-40 26-54z" fill="{m}"/><path d="M82 66h36v8H82z" fill="{d}"/><path d="M74 106c-6 8-8 18-6 28" fill="none" stroke="{l}" stroke-width="6" stroke-linecap="round"/>`},
		"candle": {body: `<path d="M100 30c12 16 14 22 14 28a14 14 0 0 1-28 0c0-6 4-12 14-28z" fill="#f6b64b"/><path d="M100 48c6 8 6 10 6 14a6 6 0 0 1-12 0c0-4 2-6 6-14z" fill="#fff1c4"/>` +
			`<path d="M98 68h4v16h-4z" fill="#463f3a"/><path d="M58 82h84v68c0 8-6 12-12 12H70c-6 0-12-4-12-12z" fill="{m}"/><ellipse cx="100" cy="82" rx="42" ry="10" fill="{l}"/><path d="M76 108h48v32H76z" fill="{w}"/><path d="M84 118h32v4H84zM90 127h20v3H90z" fill="{d}"/>`},
		"clock": {body: `<circle cx="100" cy="98" r="66" fill="{m}"/><circle cx="100" cy="98" r="54" fill="{w}"/><g stroke="{k}" stroke-linecap="round" stroke-width="4"><path d="M100 52v8M100 136v8M54 98h8M138 98h8"/>` +
			`<path d="M100 98V66M100 98l24 14" stroke-width="6"/></g><path d="m100 110 4-50" stroke="{a}" stroke-width="2"/><circle cx="100" cy="98" r="5" fill="{k}"/>`},
		"mirror": {body: `<ellipse cx="100" cy="96" rx="54" ry="70" fill="{m}"/><ellipse cx="100" cy="96" rx="45" ry="61" fill="#dfeaf0"/><path d="M72 128 120 48l14 12-50 84zM66 112l36-66h8l-42 74z" fill="#fff" opacity=".6"/>`},
		"plant": {body: `<g fill="#5f8a63"><path d="M100 116c-6-40-34-60-60-60 0 32 24 56 60 60z"/><path d="M100 116c6-40 34-64 62-62 0 34-26 58-62 62z"/></g><path d="M100 118c-18-34-14-70 2-94 18 26 18 60-2 94z" fill="#7aa67b"/>` +
			`<g stroke="#426b4a" stroke-width="2" fill="none"><path d="M100 116V50M100 114C84 86 66 70 52 64M100 114c14-28 34-44 50-50"/></g><path d="M66 112h68l-8 52H74z" fill="{m}"/><path d="M62 106h76v14H62z" fill="{d}"/>`},
		"planter": {patterned: true, body: `<g fill="none" stroke="#5f8a63" stroke-width="5" stroke-linecap="round"><path d="M80 96c-4-24-12-36-22-44M100 96V40M120 96c4-24 12-36 22-44M90 96c-2-20-4-30-10-46M110 96c2-20 4-30 10-46"/></g>` +
			`<path d="M36 92h128l-12 70H48z" fill="{m}"/><path d="M32 86h136v16H32z" fill="{d}"/><path d="M56 110h8l4 44h-8z" fill="{l}" opacity=".6"/>`},
		"basket": {patterned: true, body: `<path d="M58 84c0-60 84-60 84 0" fill="none" stroke="{d}" stroke-width="8"/><path d="M36 82h128l-14 80H50z" fill="{m}"/>` +
			`<g stroke="{d}" stroke-width="3" fill="none"><path d="M40 100h120M43 118h114M46 136h108M70 84l6 78M100 84v78M130 84l-6 78"/></g><path d="M32 76h136v12H32z" fill="{d}"/>`},
		"frame": {body: `<path d="M44 30h112v136H44z" fill="{m}"/><path d="M54 40h92v116H54z" fill="{w}"/><path d="M66 54h68v88H66z" fill="{l}"/><circle cx="114" cy="78" r="12" fill="{a}"/><path d="m66 142 0-18 24-30 20 24 10-10 14 16v18z" fill="{d}"/>`},
	}
}
