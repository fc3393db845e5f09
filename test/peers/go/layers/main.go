// Layers, as hcsshim lays them out: the path of a tar on each line of standard input; its dm-verity root hash, or `refused`, on
// each line of standard output.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/Microsoft/hcsshim/ext4/tar2ext4"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var asked struct{ Path string }
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		fmt.Println(rootHash(asked.Path))
	}
}

// A panic is a refusal too: the converter has no root hash for such a tar.
func rootHash(path string) (answer string) {
	defer func() {
		if cause := recover(); cause != nil {
			fmt.Fprintln(os.Stderr, path, cause)
			answer = "refused"
		}
	}()
	tar, err := os.Open(path)
	if err != nil {
		panic(err)
	}
	defer tar.Close()
	hash, err := tar2ext4.ConvertAndComputeRootDigest(tar)
	if err != nil {
		fmt.Fprintln(os.Stderr, path, err)
		return "refused"
	}
	return hash
}
