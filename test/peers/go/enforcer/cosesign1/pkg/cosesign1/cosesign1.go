// Package cosesign1 stands where hcsshim's enforcer imports the reader of signed fragments, which no module proxy serves in the
// version that it names. The peer hands over fragments whose signatures are verified already, so nothing here is ever called.
package cosesign1

import (
	"crypto"
	"errors"
)

// COSE_Header_CWTClaims is the header of RFC 9597.
const COSE_Header_CWTClaims = int64(15)

var errNotRead = errors.New("signatures are not read here")

// ParsedCOSEReceipt is a receipt whose signature was verified by the key that it names.
type ParsedCOSEReceipt struct {
	Issuer string
	Kid    string
}

// Validate refuses: the peer decides which receipts are valid.
func (ParsedCOSEReceipt) Validate(map[string]crypto.PublicKey) error { return errNotRead }

// UnpackedCoseSign1 is what a message holds.
type UnpackedCoseSign1 struct {
	Issuer, Feed, ChainPem, ContentType string
	Payload                             []byte
	Protected                           map[any]any
	Receipts                            []ParsedCOSEReceipt
}

func UnpackAndValidateCOSE1CertChain([]byte) (*UnpackedCoseSign1, error) { return nil, errNotRead }

func ParseTTLPayload([]byte) (map[string]map[string]crypto.PublicKey, error) { return nil, errNotRead }
