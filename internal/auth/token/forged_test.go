package token_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"souk/internal/auth/token"
)

// forgery is a token that must be refused, and why.
type forgery struct{ raw, cause string }

const (
	badAlg    = "alg is not allowed"
	badKey    = "kid is missing"
	newKey    = "kid is unknown"
	ownKey    = "its header contains a key"
	badHeader = "requires something that is not supported"
	badSign   = "the signature is wrong"
	badBase64 = "not canonical base64url"
	badJSON   = "not a JSON object"
	badType   = "typ is not at+jwt"
	badIssuer = "iss is"
	badAud    = "aud is missing or not ours"
	badClaims = "sub, sid, kind or jti"
	badTime   = "in the future, or not a date"
	noExpiry  = "exp is missing or not a date"
)

func byHMAC(secret []byte) signer {
	return func(input []byte) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write(input)
		return mac.Sum(nil)
	}
}

func unsigned([]byte) []byte { return []byte("-") }

func requireRefused(t *testing.T, verifier *token.Verifier, corpus map[string]forgery) {
	t.Helper()
	for name, forged := range corpus {
		t.Run(name, func(t *testing.T) {
			who, err := verifier.Verify(t.Context(), forged.raw)
			require.ErrorIs(t, err, token.ErrInvalid)
			require.ErrorContains(t, err, forged.cause)
			require.Zero(t, who)
			for part := range strings.SplitSeq(forged.raw, ".") {
				if len(part) > 8 {
					require.NotContains(t, err.Error(), part)
				}
			}
		})
	}
}

func TestForgedTokensAreRefused(t *testing.T) {
	t.Parallel()
	o := newOurs(t)
	verifier := o.verifier(nil)
	good := o.with(nil, nil)
	_, err := verifier.Verify(t.Context(), good)
	require.NoError(t, err, "the control")

	t.Run("by form", func(t *testing.T) { requireRefused(t, verifier, forgedForms(o, good)) })
	t.Run("by algorithm", func(t *testing.T) { requireRefused(t, verifier, forgedAlgorithms(t, o)) })
	t.Run("by header", func(t *testing.T) { requireRefused(t, verifier, forgedHeaders(t, o)) })
	t.Run("by claim", func(t *testing.T) { requireRefused(t, verifier, forgedClaims(o)) })
}

func forgedForms(o ours, good string) map[string]forgery {
	s := strings.Split(good, ".")
	header, claims := string(decoded(o.t, s[0])), string(decoded(o.t, s[1]))
	member := func(json, extra string) string { return json[:len(json)-1] + "," + extra + "}" }
	return map[string]forgery{
		"empty":                      {"", "three segments"},
		"one segment":                {"abc", "three segments"},
		"two segments":               {s[0] + "." + s[1], "three segments"},
		"four segments":              {good + ".x", "three segments"},
		"five segments as of a JWE":  {good + ".x.y", "three segments"},
		"a JWE's header":             {o.with(members{"enc": "A256GCM"}, nil), badHeader},
		"JSON serialization":         {`{"protected":"` + s[0] + `","payload":"` + s[1] + `","signature":"` + s[2] + `"}`, "three segments"},
		"JSON with two signatures":   {`{"payload":"` + s[1] + `","signatures":[{"protected":"` + s[0] + `","signature":"` + s[2] + `"}]}`, "three segments"},
		"a token around a token":     {o.written(header, good), badJSON},
		"over 8 KB":                  {o.with(nil, members{"x": strings.Repeat("x", 8<<10)}), "too long"},
		"a megabyte of points":       {strings.Repeat(".", 1<<20), "too long"},
		"no header":                  {"." + s[1] + "." + s[2], "a segment is empty"},
		"no claims":                  {s[0] + ".." + s[2], "a segment is empty"},
		"no signature":               {s[0] + "." + s[1] + ".", "a segment is empty"},
		"a signature cut short":      {good[:len(good)-6], badSign},
		"another's signature":        {s[0] + "." + s[1] + "." + strings.Split(o.with(nil, nil), ".")[2], badSign},
		"changed claims":             {s[0] + "." + b64([]byte(strings.Replace(claims, "customer", "staff", 1))) + "." + s[2], badSign},
		"padding":                    {good + "==", badBase64},
		"standard base64":            {s[0] + "." + s[1] + "." + "+/" + s[2][2:], badBase64},
		"a line break":               {s[0] + "." + s[1] + "." + s[2][:10] + "\n" + s[2][10:], badBase64},
		"a line break in the claims": {s[0] + "." + s[1][:10] + "\r\n" + s[1][10:] + "." + s[2], badBase64},
		"a space before":             {" " + good, badBase64},
		"a space after":              {good + " ", badBase64},
		"Bearer before":              {"Bearer " + good, badBase64},
		"a zero byte after":          {good + "\x00", badBase64},
		"stray bits":                 {good[:len(good)-1] + string(good[len(good)-1]+1), badBase64},
		"a header that is a list":    {o.written("["+header+"]", claims), badJSON},
		"a header that lists":        {o.written(`["alg","EdDSA","kid","`+o.kid+`","typ","at+jwt"]`, claims), badJSON},
		"claims that are null":       {o.written(header, "null"), badJSON},
		"claims that are a string":   {o.written(header, `"x"`), badJSON},
		"claims that are no JSON":    {o.written(header, "x"), badJSON},
		"claims after a BOM":         {o.written(header, "\ufeff"+claims), badJSON},
		"claims that end early":      {o.written(header, claims[:len(claims)-1]), badJSON},
		"something after the claims": {o.written(header, claims+claims), badJSON},
		"a bracket after the claims": {o.written(header, claims+"}"), badJSON},
		"something after the header": {o.written(header+"x", claims), badJSON},
		"alg twice":                  {o.written(member(header, `"alg":"none"`), claims), badJSON},
		"kid twice":                  {o.written(member(header, `"kid":"x"`), claims), badJSON},
		"kind twice":                 {o.written(header, member(claims, `"kind":"staff"`)), badJSON},
		"kind twice, once escaped":   {o.written(header, member(claims, `"\u006bind":"staff"`)), badJSON},
		"exp twice":                  {o.written(header, member(claims, `"exp":9999999999`)), badJSON},
		"aud twice, once null":       {o.written(header, member(claims, `"aud":null`)), badJSON},
		"a member twice, far down":   {o.written(header, member(claims, `"x":[{"y":{"z":1,"z":2}}]`)), badJSON},
		"nesting without end":        {o.written(header, member(claims, `"x":`+strings.Repeat("[", 1000)+strings.Repeat("]", 1000))), badJSON},
		"half of a UTF-16 pair":      {o.written(header, member(claims, `"\ud800":1`)), badJSON},
		"what is no UTF-8":           {o.written(header, member(claims, "\"x\":\"\xff\"")), badJSON},
	}
}

func forgedAlgorithms(t *testing.T, o ours) map[string]forgery {
	public := o.private.Public().(ed25519.PublicKey)
	der, err := x509.MarshalPKIXPublicKey(public)
	require.NoError(t, err)
	block := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	claims := encode(t, o.claims())
	as := func(alg any, with signer) string {
		return sign(encode(t, changed(o.header(), members{"alg": alg})), claims, with)
	}
	rsaKey := newRSA(t, 2048)
	corpus := map[string]forgery{
		"none":                              {as("none", unsigned), badAlg},
		"none in capitals":                  {as("NONE", unsigned), badAlg},
		"none with the right signature":     {as("none", byEd25519(o.private)), badAlg},
		"HS256 with the public key":         {as("HS256", byHMAC(public)), badAlg},
		"HS256 with the public key as DER":  {as("HS256", byHMAC(der)), badAlg},
		"HS256 with the public key as PEM":  {as("HS256", byHMAC(block)), badAlg},
		"HS256 with the public key set":     {as("HS256", byHMAC(o.keys.PublicJWKS())), badAlg},
		"HS256 with nothing":                {as("HS256", byHMAC(nil)), badAlg},
		"HS512":                             {as("HS512", byHMAC(public)), badAlg},
		"RS256 with a key of the forger":    {as("RS256", byRS256(t, rsaKey)), badAlg},
		"EdDSA in small letters":            {as("eddsa", byEd25519(o.private)), badAlg},
		"Ed25519 by its other name":         {as("Ed25519", byEd25519(o.private)), badAlg},
		"an empty alg":                      {as("", byEd25519(o.private)), badAlg},
		"no alg":                            {as(nil, byEd25519(o.private)), "alg is missing"},
		"a list of algs":                    {as([]string{"EdDSA"}, byEd25519(o.private)), "alg is missing"},
		"an alg that is a number":           {as(1, byEd25519(o.private)), "alg is missing"},
		"ALG for alg":                       {o.with(members{"alg": nil, "ALG": "EdDSA"}, nil), "alg is missing"},
		"EdDSA with an HMAC":                {as("EdDSA", byHMAC(public)), badSign},
		"EdDSA with a key of the forger":    {as("EdDSA", byEd25519(newOurs(t).private)), badSign},
		"EdDSA with a signature of zeros":   {as("EdDSA", func([]byte) []byte { return make([]byte, 64) }), badSign},
		"EdDSA with a signature too long":   {as("EdDSA", func(in []byte) []byte { return append(ed25519.Sign(o.private, in), 0) }), badSign},
		"EdDSA with a signature of no size": {as("EdDSA", unsigned), badSign},
	}
	return corpus
}

func forgedHeaders(t *testing.T, o ours) map[string]forgery {
	forger := newOurs(t)
	_, own := firstKey(t, forger.keys)
	embedded := members{"kty": "OKP", "crv": "Ed25519", "kid": o.kid, "x": b64(own[32:])}
	foreign := func(header members) string {
		return sign(encode(t, changed(o.header(), header)), encode(t, o.claims()), byEd25519(own))
	}
	kid := func(kid any) string { return o.with(members{"kid": kid}, nil) }
	return map[string]forgery{
		"an embedded key":               {foreign(members{"jwk": embedded}), ownKey},
		"an embedded key, kid unknown":  {foreign(members{"jwk": embedded, "kid": "new"}), ownKey},
		"a linked key set":              {foreign(members{"jku": "http://127.0.0.1:1/keys"}), ownKey},
		"a linked key set, signed":      {o.with(members{"jku": "http://127.0.0.1:1/keys"}, nil), ownKey},
		"a linked certificate":          {foreign(members{"x5u": "http://127.0.0.1:1/cert"}), ownKey},
		"an embedded certificate":       {foreign(members{"x5c": []string{"MIIB"}}), ownKey},
		"a null jwk":                    {o.written(`{"alg":"EdDSA","kid":"`+o.kid+`","typ":"at+jwt","jwk":null}`, `{}`), ownKey},
		"crit":                          {o.with(members{"crit": []string{"exp"}}, nil), badHeader},
		"an empty crit":                 {o.with(members{"crit": []string{}}, nil), badHeader},
		"b64":                           {o.with(members{"b64": false}, nil), badHeader},
		"an ephemeral key":              {o.with(members{"epk": embedded}, nil), badHeader},
		"zip":                           {o.with(members{"zip": "DEF"}, nil), badHeader},
		"a nested token":                {o.with(members{"cty": "JWT"}, nil), badHeader},
		"no kid":                        {kid(nil), badKey},
		"an empty kid":                  {kid(""), badKey},
		"a kid that is a number":        {kid(7), badKey},
		"a kid that is a list":          {kid([]string{o.kid}), badKey},
		"a kid that is an object":       {kid(members{"$ne": ""}), badKey},
		"a kid that is true":            {kid(true), badKey},
		"a huge kid":                    {kid(strings.Repeat("k", 300)), badKey},
		"an unknown kid":                {kid("unknown"), newKey},
		"a kid that climbs":             {kid("../../../../dev/null"), newKey},
		"a kid that is SQL":             {kid("x' UNION SELECT 'secret' --"), newKey},
		"a kid that is a command":       {kid("$(id)|`id`"), newKey},
		"a kid with a zero byte":        {kid(o.kid + "\x00"), newKey},
		"a kid with a line break":       {kid(o.kid + "\n"), newKey},
		"a kid with a space":            {kid(" " + o.kid), newKey},
		"a kid in capitals":             {kid(strings.ToUpper(o.kid)), newKey},
		"no typ":                        {o.with(members{"typ": nil}, nil), badType},
		"typ JWT":                       {o.with(members{"typ": "JWT"}, nil), badType},
		"typ in capitals":               {o.with(members{"typ": "AT+JWT"}, nil), badType},
		"typ of another kind":           {o.with(members{"typ": "logout+jwt"}, nil), badType},
		"typ that is a list":            {o.with(members{"typ": []string{"at+jwt"}}, nil), "typ is not a string"},
		"another deployment's token":    {forger.with(nil, nil), newKey},
		"another deployment's, our kid": {forger.with(members{"kid": o.kid}, nil), badSign},
	}
}

func forgedClaims(o ours) map[string]forgery {
	now := o.clock.Now().Unix()
	claim := func(name string, value any) string { return o.with(nil, members{name: value}) }
	return map[string]forgery{
		"no iss":                     {claim("iss", nil), badIssuer},
		"another iss":                {claim("iss", "https://evil.example"), badIssuer},
		"iss that is null":           {claim("iss", (*int)(nil)), badIssuer},
		"iss with a slash":           {claim("iss", ourIssuer+"/"), badIssuer},
		"a list of iss":              {claim("iss", []string{ourIssuer}), badIssuer},
		"ISS for iss":                {o.with(nil, members{"iss": nil, "ISS": ourIssuer}), badIssuer},
		"no aud":                     {claim("aud", nil), badAud},
		"an empty aud":               {claim("aud", ""), badAud},
		"no aud in the list":         {claim("aud", []string{}), badAud},
		"another aud":                {claim("aud", "other"), badAud},
		"others' aud":                {claim("aud", []string{"a", "b"}), badAud},
		"aud that begins like ours":  {claim("aud", ourAudience+"2"), badAud},
		"aud with a number":          {claim("aud", []any{ourAudience, 1}), badAud},
		"aud that is null":           {claim("aud", (*int)(nil)), badAud},
		"aud that is a number":       {claim("aud", 1), badAud},
		"aud in a list in a list":    {claim("aud", []any{[]string{ourAudience}}), badAud},
		"aud with a null":            {claim("aud", []any{ourAudience, (*int)(nil)}), badAud},
		"aud that is an object":      {claim("aud", members{ourAudience: true}), badAud},
		"no sub":                     {claim("sub", nil), badClaims},
		"an empty sub":               {claim("sub", ""), badClaims},
		"a sub that is a number":     {claim("sub", 1), badClaims},
		"a sub that is no UUID":      {claim("sub", "admin"), badClaims},
		"a sub in braces":            {claim("sub", "{7d444840-9dc0-11d1-b245-5ffdce74fad2}"), badClaims},
		"a sub in capitals":          {claim("sub", "7D444840-9DC0-11D1-B245-5FFDCE74FAD2"), badClaims},
		"a sub of zeros":             {claim("sub", "00000000-0000-0000-0000-000000000000"), "the subject is missing"},
		"no sid":                     {claim("sid", nil), badClaims},
		"a sid of zeros":             {claim("sid", "00000000-0000-0000-0000-000000000000"), "the session is missing"},
		"no kind":                    {claim("kind", nil), badClaims},
		"another kind":               {claim("kind", "root"), "neither customer nor staff"},
		"a list of kinds":            {claim("kind", []string{"staff"}), badClaims},
		"no jti":                     {claim("jti", nil), badClaims},
		"an empty jti":               {claim("jti", ""), badClaims},
		"a jti that is a number":     {claim("jti", 7), badClaims},
		"a sid that is a number":     {claim("sid", 7), badClaims},
		"no exp":                     {claim("exp", nil), noExpiry},
		"exp that is a string":       {claim("exp", "9999999999"), noExpiry},
		"exp that is null":           {claim("exp", (*int)(nil)), noExpiry},
		"exp beyond all time":        {claim("exp", 1e300), noExpiry},
		"a negative exp":             {claim("exp", -1), noExpiry},
		"exp that is true":           {claim("exp", true), noExpiry},
		"exp that is a list":         {claim("exp", []int64{now + 600}), noExpiry},
		"exp in words":               {claim("exp", "2036-03-01T12:00:00Z"), noExpiry},
		"exp in the year 10000":      {claim("exp", 253402300800), noExpiry},
		"exp at the end of 64 bits":  {claim("exp", math.MaxInt64), noExpiry},
		"exp beyond a float":         {claim("exp", json.Number("1e999")), noExpiry},
		"exp beyond 64 bits":         {claim("exp", json.Number("9223372036854775808")), noExpiry},
		"no iat":                     {claim("iat", nil), "iat is missing"},
		"iat in the future":          {claim("iat", now+31), badTime},
		"iat that is a string":       {claim("iat", "1"), badTime},
		"nbf in the future":          {claim("nbf", now+31), badTime},
		"iat in words":               {claim("iat", "2016-03-01T12:00:00Z"), badTime},
		"iat that is null":           {claim("iat", (*int)(nil)), badTime},
		"a negative iat":             {claim("iat", -1), badTime},
		"nbf that is null":           {claim("nbf", (*int)(nil)), badTime},
		"nbf that is a string":       {claim("nbf", "1"), badTime},
		"nbf in words":               {claim("nbf", "2016-03-01T12:00:00Z"), badTime},
		"nbf that is false":          {claim("nbf", false), badTime},
		"nbf at the end of 64 bits":  {claim("nbf", math.MaxInt64), badTime},
		"nbf that wraps around":      {claim("nbf", json.Number("9223372036854774784")), badTime},
		"nbf beyond 64 bits":         {claim("nbf", json.Number("9223372036854775808")), badTime},
		"iat in the future, expired": {o.with(nil, members{"iat": now + 31, "exp": now - 100}), badTime},
		"the wrong aud, expired":     {o.with(nil, members{"aud": "other", "exp": now - 100}), badAud},
		"unknown kid, expired":       {o.with(members{"kid": "x"}, members{"exp": now - 100}), newKey},
	}
}

func TestLeewayIsForClocksAlone(t *testing.T) {
	t.Parallel()
	o := newOurs(t)
	now := o.clock.Now()
	for name, claims := range map[string]members{
		"a clock ahead":  {"iat": now.Add(30 * time.Second).Unix(), "nbf": now.Add(30 * time.Second).Unix()},
		"a clock behind": {"exp": now.Add(-29 * time.Second).Unix()},
		"a fraction":     {"iat": float64(now.Unix()) - 0.5, "nbf": float64(now.Unix()) - 0.5, "exp": float64(now.Unix()) + 0.5},
		"an exponent":    {"exp": json.Number("2e9"), "iat": json.Number("1.7E+9")},
		"the year 9999":  {"exp": 253402300799},
		"a zero":         {"iat": 0, "nbf": 0},
		"a list of aud":  {"aud": []string{"other", ourAudience}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := o.verifier(nil).Verify(t.Context(), o.with(nil, claims))
			require.NoError(t, err)
		})
	}
}
