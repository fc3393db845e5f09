// Reports and certificates, as google/go-sev-guest judges them: one question a line on standard input, `accepted` or
// `refused: why` a line on standard output.
package main

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/google/go-sev-guest/abi"
	spb "github.com/google/go-sev-guest/proto/sevsnp"
	"github.com/google/go-sev-guest/validate"
	"github.com/google/go-sev-guest/verify"
	"github.com/google/go-sev-guest/verify/trust"
)

type question struct {
	Report       string    `json:"report"`       // path, 1184 bytes
	Endorsements string    `json:"endorsements"` // path, PEM: VCEK, ASK, ARK
	Roots        string    `json:"roots"`        // folder with ark_PRODUCT…pem and ask_PRODUCT…pem; empty: AMD's
	At           time.Time `json:"at"`
	HostData     string    `json:"hostData"` // hex, empty: any
	ReportData   string    `json:"reportData"`
	Measurement  string    `json:"measurement"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		if err := judge(asked); err != nil {
			fmt.Println("refused:", strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		fmt.Println("accepted")
	}
}

func judge(asked question) error {
	raw := must(os.ReadFile(asked.Report))
	report, err := abi.ReportToProto(raw)
	if err != nil {
		return err
	}
	chain := certificates(must(os.ReadFile(asked.Endorsements)))
	if len(chain) != 3 {
		return fmt.Errorf("%d certificates, not 3", len(chain))
	}
	attestation := &spb.Attestation{
		Report:           report,
		CertificateChain: &spb.CertificateChain{VcekCert: chain[0], AskCert: chain[1], ArkCert: chain[2]},
	}
	options := &verify.Options{DisableCertFetching: true, Now: asked.At}
	if asked.Roots != "" {
		options.TrustedRoots = roots(asked.Roots)
	}
	if err := verify.SnpAttestation(attestation, options); err != nil {
		return err
	}
	lowest := 0
	return validate.SnpAttestation(attestation, &validate.Options{
		GuestPolicy:               abi.SnpPolicy{SMT: true},
		PermitProvisionalFirmware: true,
		VMPL:                      &lowest,
		HostData:                  bytesOf(asked.HostData),
		ReportData:                bytesOf(asked.ReportData),
		Measurement:               bytesOf(asked.Measurement),
	})
}

func roots(folder string) map[string][]*trust.AMDRootCerts {
	trusted := map[string][]*trust.AMDRootCerts{}
	for _, product := range []string{"Milan", "Genoa", "Turin"} {
		ark, ask := oneOf(folder, "ark", product), oneOf(folder, "ask", product)
		if ark == nil || ask == nil {
			continue
		}
		root := trust.AMDRootCertsProduct(product)
		if err := root.Decode(ask, ark); err != nil {
			fmt.Fprintln(os.Stderr, product, err)
			continue
		}
		trusted[product] = []*trust.AMDRootCerts{root}
	}
	return trusted
}

func oneOf(folder, role, product string) []byte {
	for _, entry := range must(os.ReadDir(folder)) {
		if strings.HasPrefix(entry.Name(), role+"_"+strings.ToLower(product)) {
			return certificates(must(os.ReadFile(folder + "/" + entry.Name())))[0]
		}
	}
	return nil
}

func certificates(text []byte) [][]byte {
	var all [][]byte
	for block, rest := pem.Decode(bytes.TrimSpace(text)); block != nil; block, rest = pem.Decode(rest) {
		if _, err := x509.ParseCertificate(block.Bytes); err == nil {
			all = append(all, block.Bytes)
		}
	}
	return all
}

func bytesOf(text string) []byte {
	if text == "" {
		return nil
	}
	return must(hex.DecodeString(text))
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
