// Payloads of sealed blobs, as Tink seals and opens them (AES256-GCM-HKDF-1MB): one question a line on standard input, the SHA-256
// of what was opened, `sealed` or `refused` a line on standard output.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/tink-crypto/tink-go/v2/streamingaead/subtle"
)

const segmentSize = 1 << 20

type question struct {
	Do         string `json:"do"`  // open or seal
	Key        string `json:"key"` // hex, 32 bytes
	Associated string `json:"associated"`
	From       string `json:"from"` // paths
	To         string `json:"to"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var asked question
		must(0, json.Unmarshal(lines.Bytes(), &asked))
		fmt.Println(answer(asked))
	}
}

func answer(asked question) string {
	key := must(hex.DecodeString(asked.Key))
	cipher := must(subtle.NewAESGCMHKDF(key, "SHA256", 32, segmentSize, 0))
	from := must(os.Open(asked.From))
	defer from.Close()
	if asked.Do == "seal" {
		to := must(os.Create(asked.To))
		defer to.Close()
		writer := must(cipher.NewEncryptingWriter(to, []byte(asked.Associated)))
		must(io.Copy(writer, from))
		must(0, writer.Close())
		return "sealed"
	}
	reader, err := cipher.NewDecryptingReader(from, []byte(asked.Associated))
	if err != nil {
		return "refused"
	}
	digest := sha256.New()
	if _, err := io.Copy(digest, reader); err != nil {
		return "refused"
	}
	return hex.EncodeToString(digest.Sum(nil))
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
