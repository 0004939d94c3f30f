package money

// minorUnit returns how many decimals a currency has by ISO 4217, and whether its code
// is one that prices can be in.
//
// The source is list one of ISO 4217, "current currency and funds", as published on
// 1 January 2026 by SIX Financial Information, the standard's maintenance agency: all
// amendments up to number 180. It is our own table because the usual libraries follow
// CLDR, which gives no decimals to 22 currencies whose cents are rarely coined (RSD, PKR,
// IDR, COP): prices with cents were refused. A new amendment is added here by hand; it
// needs a migration only if it changes the decimals of a code.
//
//   - Funds codes such as CHE, CLF and USN are in the table: they have a minor unit, and
//     contracts are priced in them.
//   - XXX (no currency), XTS (for tests), XDR, XSU, XUA, the European bond units and the
//     precious metals are not: their minor unit is "not applicable", and nobody is charged
//     in them.
func minorUnit(code string) (decimals int, ok bool) {
	switch code {
	case "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BMD", "BND", "BOB", "BOV",
		"BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHE", "CHF", "CHW", "CNY", "COP", "COU", "CRC", "CUP",
		"CVE", "CZK", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD",
		"GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IRR", "JMD", "KES", "KGS", "KHR", "KPW", "KYD",
		"KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR",
		"MWK", "MXN", "MXV", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR",
		"PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP",
		"STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "USD", "USN", "UYU",
		"UZS", "VED", "VES", "WST", "XAD", "XCD", "XCG", "YER", "ZAR", "ZMW", "ZWG":
		return 2, true
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
		"XPF":
		return 0, true
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3, true
	case "CLF", "UYW":
		return 4, true
	}
	return withdrawnUnit(code)
}

// withdrawnUnit knows the codes that list three of ISO 4217, "historic denominations",
// has withdrawn since 2011. Shops still have prices in them, and price lists of last
// year too; a currency's end does not make its prices unreadable. Amounts in older codes
// cannot be written any more; those that are stored are read with two decimals.
func withdrawnUnit(code string) (decimals int, ok bool) {
	switch code {
	case "ANG", "BGN", "CUC", "EEK", "HRK", "LTL", "LVL", "MRO", "SLL", "STD", "USS", "VEF", "ZMK", "ZWL":
		return 2, true
	case "BYR":
		return 0, true
	}
	return 0, false
}
