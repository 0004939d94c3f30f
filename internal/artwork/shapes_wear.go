package artwork

// wear are clothes and what is carried.
func wear() map[string]shape {
	return map[string]shape{
		"shirt": {patterned: true, body: `<path d="M72 42 44 56 28 104l20 8 8-22v72h88V90l8 22 20-8-16-48-28-14z" fill="{m}"/>` +
			`<path d="M72 42h56l-28 24z" fill="{d}"/><path d="M72 42 66 56l18 14 16-12zM128 42l6 14-18 14-16-12z" fill="{l}"/>` +
			`<path d="M97 58h6v104h-6z" fill="{l}"/><g fill="{d}"><circle cx="100" cy="78" r="2.2"/><circle cx="100" cy="98" r="2.2"/>` +
			`<circle cx="100" cy="118" r="2.2"/><circle cx="100" cy="138" r="2.2"/></g><path d="M112 88h18v16l-9 5-9-5z" fill="{d}" opacity=".5"/>`},
		"tee": {patterned: true, body: `<path d="M76 44 44 56 24 88l22 14 12-16v76h84V86l12 16 22-14-20-32-32-12c-4 14-44 14-48 0z" fill="{m}"/>` +
			`<path d="M76 44c4 14 44 14 48 0l6 2c-6 22-54 22-60 0z" fill="{d}"/><path d="M58 86v76h10V74zM142 86v76h-10V74z" fill="{d}" opacity=".25"/>`},
		"sweater": {patterned: true, body: `<path d="M76 46 50 56c-12 6-16 16-18 30l-8 64h22l10-50v56h88v-56l10 50h22l-8-64c-2-14-6-24-18-30l-26-10c-6 10-42 10-48 0z" fill="{m}"/>` +
			`<path d="M76 46c6 10 42 10 48 0l5 6c-10 14-48 14-58 0z" fill="{d}"/><path d="M56 146h88v12H56zM25 142l22 1-1 9H24zM175 142l-22 1 1 9h22z" fill="{d}"/>` +
			`<g fill="none" stroke="{l}" stroke-width="3"><path d="m58 84 10 8 10-8 11 8 11-8 11 8 11-8 10 8 10-8"/><path d="m58 98 10 8 10-8 11 8 11-8 11 8 11-8 10 8 10-8"/></g>`},
		"trousers": {patterned: true, body: `<path d="M64 36h72l14 128h-34L101 84 84 164H50z" fill="{m}"/><path d="M64 36h72l1 12H63z" fill="{d}"/>` +
			`<path d="M98 48h4v30l-2 6-2-6z" fill="{d}"/><path d="M68 52c0 10 6 14 14 14M132 52c0 10-6 14-14 14" fill="none" stroke="{d}" stroke-width="3"/>` +
			`<path d="M50 158h34l1-8-34-1zM116 158h34l-1-9-34 1z" fill="{l}"/>`},
		"shorts": {patterned: true, body: `<path d="M56 56h88l16 84-48 6-12-40-12 40-48-6z" fill="{m}"/><path d="M56 56h88l2 12H54z" fill="{d}"/>` +
			`<path d="M94 60c-6 14-8 20-8 26M104 60c6 12 6 18 6 24" fill="none" stroke="{l}" stroke-width="3" stroke-linecap="round"/>` +
			`<path d="m41 132 48 6-1 8-48-6zM159 132l-48 6 1 8 48-6z" fill="{d}" opacity=".6"/>`},
		"dress": {patterned: true, body: `<path d="M78 34h8c2 16 26 16 28 0h8l8 36-10 22 28 70c-30 10-66 10-96 0l28-70-10-22z" fill="{m}"/>` +
			`<path d="M79 88h42l3 8H76z" fill="{d}"/><path d="M76 100 62 164l10 2zM124 100l14 64-10 2zM98 100h4l4 69h-12z" fill="{d}" opacity=".3"/>`},
		"jacket": {body: `<path d="M74 40 46 52c-8 6-12 18-14 32l-6 66h22l8-48v60h88v-60l8 48h22l-6-66c-2-14-6-26-14-32l-28-12z" fill="{m}"/>` +
			`<path d="M74 40h52l-10 18H84z" fill="{d}"/><path d="M74 40 66 52l20 34 14-22zM126 40l8 12-20 34-14-22z" fill="{l}"/>` +
			`<path d="M98 66h4v96h-4z" fill="{d}"/><g fill="{d}"><path d="M64 116h24v5H64zM112 116h24v5h-24zM56 152h88v10H56z"/></g>` +
			`<g fill="{a}"><circle cx="108" cy="94" r="3"/><circle cx="108" cy="112" r="3"/><circle cx="108" cy="130" r="3"/></g>`},
		"shoe": {body: `<path d="M26 94c6-12 12-18 20-20 6 10 22 12 34 2 12 14 36 32 68 36 18 2 26 12 26 26H26z" fill="{m}"/>` +
			`<path d="M24 134h152v8c0 6-4 10-10 10H34c-6 0-10-4-10-10z" fill="{w}"/><path d="M24 142h152c0 6-4 10-10 10H34c-6 0-10-4-10-10z" fill="{d}" opacity=".35"/>` +
			`<path d="M26 94c4-8 8-14 14-17l10 57H26z" fill="{d}"/><path d="M46 74c6 10 22 12 34 2l6 6c-12 12-32 10-42-2z" fill="{l}"/>` +
			`<g stroke="{w}" stroke-width="4" stroke-linecap="round"><path d="m86 92 12-9M97 101l11-10M109 108l10-10"/></g>` +
			`<path d="M62 128c14-22 30-22 40-14-14 0-24 4-30 14z" fill="{a}"/>`},
		"boot": {body: `<path d="M60 34h48l2 66c10 10 34 14 46 24 6 6 8 14 8 22H58z" fill="{m}"/><path d="M60 34h48v14H60z" fill="{d}"/>` +
			`<path d="M56 144h110v10c0 4-2 6-6 6h-56v-6H92v6H60c-3 0-4-2-4-5z" fill="{k}"/><path d="M108 100c10 12 36 14 50 26l-6 18c-20-4-40-12-44-44z" fill="{d}" opacity=".4"/>` +
			`<g stroke="{a}" stroke-width="4" stroke-linecap="round"><path d="m92 62 16 4M92 76l16 4M93 90l17 4M97 104l18-2"/></g>`},
		"sandal": {body: `<path d="M58 36c18-8 40 0 42 26 2 22-10 30-8 52 2 24 12 50-14 52-30 2-30-32-30-56 0-32-14-62 10-74z" fill="{l}"/>` +
			`<path d="M48 80c16-14 34-14 50 2l-2 14c-14-14-32-14-47-2zM46 108c18-10 32-10 46 2l1 12c-14-10-30-10-47 0z" fill="{m}"/>` +
			`<path d="M142 36c-18-8-40 0-42 26-2 22 10 30 8 52-2 24-12 50 14 52 30 2 30-32 30-56 0-32 14-62-10-74z" fill="{l}"/>` +
			`<path d="M152 80c-16-14-34-14-50 2l2 14c14-14 32-14 47-2zM154 108c-18-10-32-10-46 2l-1 12c14-10 30-10 47 0z" fill="{m}"/>`},
		"hat": {patterned: true, body: `<path d="M54 112c0-44 18-66 46-66s46 22 46 66z" fill="{m}"/><path d="M48 106h104c6 0 10 4 10 10v12c0 6-4 10-10 10H48c-6 0-10-4-10-10v-12c0-6 4-10 10-10z" fill="{d}"/>` +
			`<g stroke="{m}" stroke-width="3" opacity=".6"><path d="M54 108v28M68 108v28M82 108v28M96 108v28M110 108v28M124 108v28M138 108v28"/></g><circle cx="100" cy="42" r="15" fill="{l}"/>`},
		"cap": {body: `<path d="M40 118c0-42 24-66 60-66 34 0 56 24 56 62l-2 6c-40-14-80-12-114-2z" fill="{m}"/>` +
			`<path d="M100 52c-14 10-20 34-20 58M100 52c16 10 24 34 26 60" fill="none" stroke="{d}" stroke-width="3"/><circle cx="100" cy="51" r="5" fill="{d}"/>` +
			`<path d="M112 112c30-2 60 6 70 22 2 6-4 8-10 6-30-12-80-14-128-10-4-4-4-8-4-12 24-6 46-8 72-6z" fill="{d}"/>`},
		"scarf": {patterned: true, body: `<path d="M60 52c20-14 60-14 80 0 10 10 10 26 0 34-22 14-58 14-80 0-10-8-10-24 0-34z" fill="{d}"/>` +
			`<path d="M62 60c18-12 58-12 76 0 4 6-2 12-8 14-18 8-42 8-60 0-6-2-12-8-8-14z" fill="{m}"/><path d="M86 78l34-2 12 78H98z" fill="{m}"/>` +
			`<path d="M74 80l26 2-16 66-30-6z" fill="{d}"/><g stroke="{l}" stroke-width="3"><path d="M99 154v12M107 154v12M115 154v12M123 154v12M131 154v12M55 143l-3 11M63 145l-3 11M71 147l-3 11M79 148l-3 11"/></g>`},
		"socks": {patterned: true, body: `<path d="M52 36h36v66c0 8 4 14 12 20 12 8 22 12 20 24-2 10-14 14-28 8-24-8-40-20-40-44z" fill="{m}"/>` +
			`<path d="M52 36h36v14H52zM93 138c6-12 16-14 22-8 6 6 6 12 4 18-3 8-14 11-26 6z" fill="{d}"/><path d="M54 96c12 2 14 20 10 36-8-8-12-16-12-30z" fill="{d}" opacity=".6"/>` +
			`<path d="M104 36h36v66c0 8 4 14 12 20 12 8 22 12 20 24-2 10-14 14-28 8-24-8-40-20-40-44z" fill="{m}"/>` +
			`<path d="M104 36h36v14h-36zM145 138c6-12 16-14 22-8 6 6 6 12 4 18-3 8-14 11-26 6z" fill="{d}"/>`},
		"bag": {patterned: true, body: `<path d="M74 84V62c0-34 52-34 52 0v22" fill="none" stroke="{d}" stroke-width="7"/><path d="M46 76h108l10 86H36z" fill="{m}"/>` +
			`<path d="M46 76h108l1 9H45z" fill="{d}"/><path d="M82 108h36v24l-18 10-18-10z" fill="{l}"/><circle cx="100" cy="120" r="5" fill="{a}"/>`},
		"backpack": {body: `<path d="M82 44c0-18 36-18 36 0" fill="none" stroke="{d}" stroke-width="7"/><path d="M50 84c0-28 20-42 50-42s50 14 50 42v66c0 8-6 14-14 14H64c-8 0-14-6-14-14z" fill="{m}"/>` +
			`<path d="M62 110h76v42c0 6-4 8-8 8H70c-4 0-8-2-8-8z" fill="{d}"/><path d="M62 110h76v12H62z" fill="{l}"/><path d="M94 118h12v14H94z" fill="{a}"/>` +
			`<path d="M40 104h10v46h-4c-4 0-6-2-6-6zM160 104h-10v46h4c4 0 6-2 6-6z" fill="{d}"/><path d="M64 74h72v5H64z" fill="{d}"/>`},
		"watch": {body: `<path d="M80 22h40l5 44H75zM80 178h40l5-44H75z" fill="{m}"/><path d="M82 26h36l1 10H81zM82 174h36l1-10H81z" fill="{d}"/><circle cx="100" cy="100" r="45" fill="{d}"/>` +
			`<circle cx="100" cy="100" r="37" fill="{w}"/><path d="M144 95h8v10h-8z" fill="{k}"/><g stroke="{k}" stroke-linecap="round"><path d="M100 69v4M100 127v4M69 100h4M127 100h4" stroke-width="3"/>` +
			`<path d="M100 100V80M100 100l15 9" stroke-width="5"/></g><path d="M100 112V72" stroke="{a}" stroke-width="2"/><circle cx="100" cy="100" r="4" fill="{k}"/>`},
		"necklace": {body: `<path d="M46 40c0 70 34 88 54 92 20-4 54-22 54-92" fill="none" stroke="{m}" stroke-width="5" stroke-dasharray="7 3"/>` +
			`<path d="m100 124 18 18-18 26-18-26z" fill="{a}"/><path d="m100 124 18 18h-36z" fill="{l}"/><path d="M94 118h12v10H94z" fill="{d}"/>`},
	}
}
