// Command muntija is the registry of productive families. All it does is call package cli; see there and the README.
package main

import (
	"context"
	"os"

	"muntija/internal/cli"
)

func main() {
	os.Exit(cli.Run(context.Background(), os.Args, os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}
