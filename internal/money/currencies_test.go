package money_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"souk/internal/money"
)

// inUse are the countries' currencies of list one, by the continents of the countries
// that first come to mind, which is another order than the table's; then the funds codes.
var inUse = []string{
	"DZD AOA XOF BWP BIF CVE XAF KMF CDF DJF EGP ERN SZL ETB GMD GHS GNF KES LSL LRD LYD MGA MWK MRU MUR MAD MZN NAD NGN",
	"RWF STN SCR SLE SOS ZAR SSP SDG TZS TND UGX ZMW ZWG SHP",
	"AFN AMD AZN BHD BDT BTN BND KHR CNY GEL HKD INR IDR IRR IQD ILS JPY JOD KZT KPW KRW KWD KGS LAK LBP MOP MYR MVR MNT",
	"MMK NPR OMR PKR PHP QAR SAR SGD LKR SYP TWD TJS THB TRY TMT AED UZS VND YER",
	"ALL BAM BYN CHF CZK DKK EUR GBP GIP HUF ISK MDL MKD NOK PLN RON RSD RUB SEK UAH",
	"ARS AWG BBD BMD BOB BRL BSD BZD CAD CLP COP CRC CUP DOP FKP GTQ GYD HNL HTG JMD KYD MXN NIO PAB PEN PYG SRD SVC TTD",
	"USD UYU VED VES XCD XCG",
	"AUD FJD NZD PGK SBD TOP VUV WST XPF",
	"BOV CHE CHW CLF COU MXV USN UYI UYW XAD",
}

var withdrawn = "ANG BGN BYR CUC EEK HRK LTL LVL MRO SLL STD USS VEF ZMK ZWL"

func TestEachCurrencyHasTheDecimalsOfISO4217(t *testing.T) {
	want := map[string]int{}
	for _, code := range strings.Fields(strings.Join(inUse, " ")) {
		require.NotContains(t, want, code)
		want[code] = 2
	}
	for decimals, codes := range map[int]string{
		0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
		3: "BHD IQD JOD KWD LYD OMR TND",
		4: "CLF UYW",
	} {
		for _, code := range strings.Fields(codes) {
			require.Contains(t, want, code)
			want[code] = decimals
		}
	}
	require.Len(t, want, 165, "178 codes of list one without the 13 that have no minor unit")
	for _, code := range strings.Fields(withdrawn) {
		require.NotContains(t, want, code)
		want[code] = 2
	}
	want["BYR"] = 0

	got := map[string]int{}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			for c := 'A'; c <= 'Z'; c++ {
				if decimals, err := money.Scale(string([]rune{a, b, c})); err == nil {
					got[string([]rune{a, b, c})] = decimals
				}
			}
		}
	}
	require.Equal(t, want, got)
}

func TestWhatPricesCannotBeInIsNoCurrency(t *testing.T) {
	for _, code := range strings.Fields("XXX XTS XAU XAG XPT XPD XDR XSU XUA XBA XBB XBC XBD XQQ DEM CNH usd US DOLLAR ₹ eur €") {
		_, err := money.Scale(code)
		require.ErrorContains(t, err, "ISO 4217", code)
	}
	_, err := money.Scale("")
	require.ErrorContains(t, err, "ISO 4217")
}

func TestAProviderIsChargedInItsOwnUnits(t *testing.T) {
	for _, c := range []struct {
		minor    int64
		currency string
		provider money.Provider
		want     int64
	}{
		{1999, "EUR", money.Stripe, 1999},
		{1999, "EUR", money.Adyen, 1999},
		{500, "JPY", money.Stripe, 500},
		{5, "ISK", money.Stripe, 500},
		{5, "ISK", money.Adyen, 500},
		{5, "UGX", money.Stripe, 500},
		{5, "UGX", money.Adyen, 5},
		{5, "CLP", money.Stripe, 5},
		{5, "CLP", money.Adyen, 500},
		{500, "MGA", money.Stripe, 5},
		{1045, "HUF", money.Stripe, 1045},
		{1045, "TWD", money.Stripe, 1045},
		{5120, "KWD", money.Stripe, 5120},
		{5125, "KWD", money.Adyen, 5125},
		{150_000_00, "IDR", money.Adyen, 150_000},
		{150_000_00, "IDR", money.Stripe, 150_000_00},
		{-500, "CVE", money.Adyen, -5},
		{122050, "RSD", "another", 122050},
	} {
		got, err := money.Amount{Minor: c.minor, Currency: c.currency}.ChargeUnits(c.provider)
		require.NoError(t, err, c)
		require.Equal(t, c.want, got, c)
	}
	for _, c := range []struct {
		minor    int64
		currency string
		provider money.Provider
		want     string
	}{
		{5125, "KWD", money.Stripe, "stripe cannot charge 5.125 KWD: it takes only multiples of 0.010 KWD"},
		{150, "MGA", money.Stripe, "stripe cannot charge 1.50 MGA: it takes MGA with 0 decimals"},
		{150, "IDR", money.Adyen, "adyen cannot charge 1.50 IDR: it takes IDR with 0 decimals"},
		{1 << 62, "ISK", money.Adyen, "the amount is too large"},
		{1, "XXX", money.Adyen, "ISO 4217"},
	} {
		_, err := money.Amount{Minor: c.minor, Currency: c.currency}.ChargeUnits(c.provider)
		require.ErrorContains(t, err, c.want)
	}
}
