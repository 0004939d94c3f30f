package app

import (
	"souk/internal/config"
	"souk/internal/edge"
)

// browser sets what the edge lets browsers do, and its certificate.
func browser(cfg config.Server, o *edge.Options) (err error) {
	if o.Origins, err = cfg.Origins(cfg.Env); err != nil {
		return err
	}
	o.Hosts = cfg.HostNames()
	if cfg.TLSCertFile == "" {
		return nil
	}
	o.Certificate, err = edge.LoadCertificate(cfg.TLSCertFile, cfg.TLSKeyFile)
	return err
}
