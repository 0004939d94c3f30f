# Varnish as a cache in front of Souk, with purging by tag (Debian's package varnish-modules).
# The test in test/proxies runs this file, with other addresses. To use it, change the
# addresses: of Souk, and of those who may purge.
#
#   curl -X PURGE -H 'xkey: product:AQGQAAAAAHAAgAAAAAAAAQE many' http://localhost/graphql

vcl 4.1;

import xkey;

backend souk {
  .host = "127.0.0.1";
  .port = "8080";
}

# A PURGE that came through another proxy is refused: with a TLS terminator on this machine,
# everybody has its address. The terminator must set X-Forwarded-For, as nginx, HAProxy and
# Caddy can, or speak the PROXY protocol, as hitch does.
acl purgers {
  "127.0.0.1";
}

sub vcl_recv {
  if (req.method == "PURGE") {
    # Varnish adds the address of its own client: one alone has no comma.
    if (client.ip !~ purgers || req.http.X-Forwarded-For ~ ",") {
      return (synth(403, "Not allowed"));
    }
    if (!req.http.xkey) {
      return (synth(400, "Name the tags in the header xkey"));
    }
    return (synth(200, "Dropped " + xkey.purge(req.http.xkey)));
  }
  # Souk reads no cookies, and Varnish keeps nothing that is asked for with one.
  unset req.http.Cookie;
  if (req.http.Souk-Consistency) {
    return (pass);
  }
  # What follows is Varnish's own: only GET and HEAD without Authorization are looked up.
}

sub vcl_backend_response {
  # How long a page is kept, and whether at all, Souk says with Cache-Control and Vary.
  # What is kept for longer than that is asked for again with its ETag.
  set beresp.keep = 10m;
  set beresp.http.xkey = beresp.http.Surrogate-Key;
}

sub vcl_deliver {
  # Who reads a page need not know what it was made of.
  unset resp.http.xkey;
  unset resp.http.Surrogate-Key;
  unset resp.http.Cache-Tag;
  if (obj.hits > 0) {
    set resp.http.X-Cache = "HIT";
    unset resp.http.X-Request-Id; # that of who asked first
  } else {
    set resp.http.X-Cache = "MISS";
  }
}
