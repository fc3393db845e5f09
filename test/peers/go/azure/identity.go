package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
)

// The managed identity of a container group, by the metadata service at its own address: for whom its token is, or a key read with it.
func identity(verb string, asked question) (string, error) {
	login, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{
		ClientOptions: policy.ClientOptions{Retry: policy.RetryOptions{MaxRetries: -1}}, ID: identityID(asked.Identity),
	})
	if err != nil {
		return "", err
	}
	if verb == "key" {
		client, err := azkeys.NewClient("https://"+asked.At.Vault, login, &azkeys.ClientOptions{
			ClientOptions: asked.At.options(), DisableChallengeResourceVerification: true,
		})
		if err != nil {
			return "", err
		}
		return key(client, "get", asked)
	}
	token, err := login.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{asked.Scope}})
	if err != nil {
		return "no token", nil
	}
	var claims struct{ Aud, Oid string }
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token.Token, ".")[1])
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return "", err
	}
	return fmt.Sprint(claims.Aud, " ", claims.Oid), nil
}

func identityID(named string) azidentity.ManagedIDKind {
	switch {
	case named == "":
		return nil
	case strings.HasPrefix(named, "/"):
		return azidentity.ResourceID(named)
	}
	return azidentity.ClientID(named)
}
