package main

import (
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
)

// Makes a SAS, by the account's key where one is given and else by a user delegation key, and uses it without a login.
func sharedAccess(asked question) (string, error) {
	in, name, _ := strings.Cut(asked.Name, "/")
	values := sas.BlobSignatureValues{
		ContainerName: in, BlobName: name, Permissions: asked.Permissions,
		ExpiryTime: time.Now().UTC().Add(time.Duration(asked.Minutes) * time.Minute),
	}
	if asked.IP != "" {
		values.IPRange = sas.IPRange{Start: net.ParseIP(asked.IP)}
	}
	query, err := sign(values, asked)
	if err != nil {
		return "", err
	}
	url := asked.At.Blob + "/" + strings.TrimSuffix(asked.Name, "/") + "?" + query
	if asked.Use == "list" {
		return listed(url, asked)
	}
	one, err := blockblob.NewClientWithNoCredential(url, &blockblob.ClientOptions{ClientOptions: asked.At.options()})
	if err != nil {
		return "", err
	}
	if asked.Use == "put" {
		_, err = one.Upload(ctx, streaming(text(asked.Size)), nil)
		return "done", err
	}
	got, err := one.DownloadStream(ctx, nil)
	if err != nil {
		return "", err
	}
	defer got.Body.Close()
	return hash(got.Body)
}

func sign(values sas.BlobSignatureValues, asked question) (string, error) {
	if asked.AccountKey != "" {
		account, _, _ := strings.Cut(strings.TrimPrefix(asked.At.Blob, "https://"), ".")
		key, err := service.NewSharedKeyCredential(account, asked.AccountKey)
		if err != nil {
			return "", err
		}
		signed, err := values.SignWithSharedKey(key)
		return signed.Encode(), err
	}
	client, err := service.NewClient(asked.At.Blob, asked.At.login(), &service.ClientOptions{ClientOptions: asked.At.options()})
	if err != nil {
		return "", err
	}
	from := time.Now().UTC().Add(-time.Minute)
	key, err := client.GetUserDelegationCredential(ctx, service.KeyInfo{
		Start: to.Ptr(from.Format(sas.TimeFormat)), Expiry: to.Ptr(from.Add(time.Hour).Format(sas.TimeFormat)),
	}, nil)
	if err != nil {
		return "", err
	}
	signed, err := values.SignWithUserDelegation(key)
	return signed.Encode(), err
}

func listed(url string, asked question) (string, error) {
	one, err := container.NewClientWithNoCredential(url, &container.ClientOptions{ClientOptions: asked.At.options()})
	if err != nil {
		return "", err
	}
	page, err := one.NewListBlobsFlatPager(nil).NextPage(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprint(len(page.Segment.BlobItems) > 0), nil
}
