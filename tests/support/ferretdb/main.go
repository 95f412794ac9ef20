// SPDX-License-Identifier: GPL-3.0-or-later

// A server that speaks MongoDB's protocol, for the tests: the last FerretDB with SQLite in it, as its own documents embed
// it. The program of its module cannot be built from the module alone: it wants a file that only its own scripts make.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	folder := flag.String("folder", "", "where the databases lie")
	plain := flag.String("listen", "", "address without TLS")
	secured := flag.String("listen-tls", "", "address with TLS")
	certificate := flag.String("certificate", "", "PEM file")
	key := flag.String("key", "", "PEM file")
	flag.Parse()
	server, err := ferretdb.New(&ferretdb.Config{
		Listener: ferretdb.ListenerConfig{
			TCP: *plain, TLS: *secured, TLSCertFile: *certificate, TLSKeyFile: *key,
		},
		Handler:   "sqlite",
		SQLiteURL: "file:" + *folder + "/",
	})
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(server.Run(context.Background()))
}
