// What the Azure SDK for Go makes of the local Azure: an operation a line on standard input, what came of it a line on standard
// output. Errors are their status and code.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azkeys"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"
)

// Login and services of one party.
type place struct {
	Authority, Tenant, ClientID, Secret, Vault, Blob, ResourceManager, Subscription, ResourceGroup, Roots string
}

type question struct {
	At                                                     place
	Do, Name, Kty, Curve, Policy, Token, Enc, Scope, Image string
	AccountKey, Permissions, IP, Use, Identity             string
	Size, Offset, Count, Minutes                           int
}

var ctx = context.Background()

func main() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked question
		if err := json.Unmarshal(line, &asked); err != nil {
			panic(err)
		}
		answer, err := do(asked)
		if err != nil {
			answer = failure(err)
		}
		fmt.Println(answer)
	}
}

func failure(err error) string {
	var response *azcore.ResponseError
	if errors.As(err, &response) {
		return fmt.Sprintf("%d %s", response.StatusCode, response.ErrorCode)
	}
	return strings.ReplaceAll(err.Error(), "\n", " ")
}

func (at place) options() policy.ClientOptions {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(at.Roots))
	return policy.ClientOptions{
		Cloud: cloud.Configuration{
			ActiveDirectoryAuthorityHost: at.Authority,
			Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
				cloud.ResourceManager: {Endpoint: at.ResourceManager, Audience: "https://management.azure.com"},
			},
		},
		Transport: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DialContext: dial}},
		Retry:     policy.RetryOptions{MaxRetries: -1},
	}
}

// Names under localhost are this machine (RFC 6761), whatever its resolver knows.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err == nil && strings.HasSuffix(host, ".localhost") {
		address = net.JoinHostPort("127.0.0.1", port)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

func (at place) login() azcore.TokenCredential {
	credential, err := azidentity.NewClientSecretCredential(at.Tenant, at.ClientID, at.Secret, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: at.options(), DisableInstanceDiscovery: true, AdditionallyAllowedTenants: []string{"*"},
	})
	if err != nil {
		panic(err)
	}
	return credential
}

func do(asked question) (string, error) {
	area, verb, _ := strings.Cut(asked.Do, ".")
	switch area {
	case "login":
		token, err := asked.At.login().GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{asked.Scope}})
		if err != nil {
			return "", err
		}
		return fmt.Sprint(len(strings.Split(token.Token, ".")), " parts"), nil
	case "key":
		client, err := azkeys.NewClient("https://"+asked.At.Vault, asked.At.login(), &azkeys.ClientOptions{
			ClientOptions: asked.At.options(), DisableChallengeResourceVerification: true,
		})
		if err != nil {
			return "", err
		}
		return key(client, verb, asked)
	case "identity":
		return identity(verb, asked)
	case "sas":
		return sharedAccess(asked)
	case "blob":
		client, err := azblob.NewClient(asked.At.Blob, asked.At.login(), &azblob.ClientOptions{ClientOptions: asked.At.options()})
		if err != nil {
			return "", err
		}
		return blobs(client, verb, asked)
	case "group":
		client, err := armcontainerinstance.NewContainerGroupsClient(asked.At.Subscription, asked.At.login(),
			&arm.ClientOptions{ClientOptions: asked.At.options(), DisableRPRegistration: true})
		if err != nil {
			return "", err
		}
		return group(client, verb, asked)
	case "logs":
		client, err := armcontainerinstance.NewContainersClient(asked.At.Subscription, asked.At.login(),
			&arm.ClientOptions{ClientOptions: asked.At.options(), DisableRPRegistration: true})
		if err != nil {
			return "", err
		}
		return logs(client, asked)
	}
	panic(asked.Do)
}

func described(key *azkeys.JSONWebKey) string {
	if key.Crv != nil {
		return fmt.Sprint(*key.Kty, " ", *key.Crv)
	}
	return fmt.Sprint(*key.Kty, " ", len(key.N)*8)
}

func key(client *azkeys.Client, verb string, asked question) (string, error) {
	name := asked.Name
	switch verb {
	case "create":
		parameters := azkeys.CreateKeyParameters{Kty: to.Ptr(azkeys.KeyType(asked.Kty)), KeyAttributes: &azkeys.KeyAttributes{}}
		if asked.Curve != "" {
			parameters.Curve = to.Ptr(azkeys.CurveName(asked.Curve))
		}
		if asked.Size != 0 {
			parameters.KeySize = to.Ptr(int32(asked.Size))
		}
		if asked.Policy != "" {
			parameters.KeyAttributes.Exportable = to.Ptr(true)
			parameters.ReleasePolicy = &azkeys.KeyReleasePolicy{EncodedPolicy: []byte(asked.Policy), Immutable: to.Ptr(true)}
		}
		made, err := client.CreateKey(ctx, name, parameters, nil)
		if err != nil {
			return "", err
		}
		return described(made.Key), nil
	case "get":
		got, err := client.GetKey(ctx, name, "", nil)
		if err != nil {
			return "", err
		}
		return described(got.Key), nil
	case "versions":
		count := 0
		for pages := client.NewListKeyPropertiesVersionsPager(name, nil); pages.More(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return "", err
			}
			count += len(page.Value)
		}
		return fmt.Sprint(count), nil
	case "release":
		released, err := client.Release(ctx, name, "", azkeys.ReleaseParameters{
			TargetAttestationToken: &asked.Token, Algorithm: to.Ptr(azkeys.KeyEncryptionAlgorithm(asked.Enc)),
		}, nil)
		if err != nil {
			return "", err
		}
		return *released.Value, nil
	case "wrap":
		secret := make([]byte, 32)
		_, _ = rand.Read(secret)
		algorithm := azkeys.EncryptionAlgorithmRSAOAEP256
		wrapped, err := client.WrapKey(ctx, name, "", azkeys.KeyOperationParameters{Algorithm: &algorithm, Value: secret}, nil)
		if err != nil {
			return "", err
		}
		back, err := client.UnwrapKey(ctx, name, "", azkeys.KeyOperationParameters{Algorithm: &algorithm, Value: wrapped.Result}, nil)
		if err != nil {
			return "", err
		}
		return fmt.Sprint("same: ", bytes.Equal(secret, back.Result)), nil
	case "sign":
		digest := sha256.Sum256([]byte(name))
		algorithm := azkeys.SignatureAlgorithmES256
		signed, err := client.Sign(ctx, name, "", azkeys.SignParameters{Algorithm: &algorithm, Value: digest[:]}, nil)
		if err != nil {
			return "", err
		}
		verified, err := client.Verify(ctx, name, "", azkeys.VerifyParameters{Algorithm: &algorithm, Digest: digest[:], Signature: signed.Result}, nil)
		if err != nil {
			return "", err
		}
		return fmt.Sprint("verified: ", *verified.Value), nil
	case "disable":
		_, err := client.UpdateKey(ctx, name, "", azkeys.UpdateKeyParameters{KeyAttributes: &azkeys.KeyAttributes{Enabled: to.Ptr(false)}}, nil)
		return "done", err
	case "attested":
		got, err := client.GetKeyAttestation(ctx, name, "", nil)
		if err != nil {
			return "", err
		}
		return fmt.Sprint("attested: ", len(got.Attributes.Attestation.PublicKeyAttestation) > 0), nil
	case "rotation":
		got, err := client.GetKeyRotationPolicy(ctx, name, nil)
		if err != nil {
			return "", err
		}
		return fmt.Sprint("actions: ", len(got.LifetimeActions)), nil
	case "delete":
		_, err := client.DeleteKey(ctx, name, nil)
		return "done", err
	case "purge":
		_, err := client.PurgeDeletedKey(ctx, name, nil)
		return "done", err
	}
	panic(verb)
}

func text(size int) []byte {
	return bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
}

func hash(body io.Reader) (string, error) {
	digest := sha256.New()
	_, err := io.Copy(digest, body)
	return hex.EncodeToString(digest.Sum(nil)), err
}

func blobs(client *azblob.Client, verb string, asked question) (string, error) {
	container, name, _ := strings.Cut(asked.Name, "/")
	one := client.ServiceClient().NewContainerClient(container).NewBlockBlobClient(name)
	switch verb {
	case "container":
		_, err := client.CreateContainer(ctx, container, nil)
		return "done", err
	case "put":
		_, err := client.UploadBuffer(ctx, container, name, text(asked.Size), &azblob.UploadBufferOptions{BlockSize: 1 << 20})
		return "done", err
	case "get":
		got, err := client.DownloadStream(ctx, container, name, &azblob.DownloadStreamOptions{
			Range: blob.HTTPRange{Offset: int64(asked.Offset), Count: int64(asked.Count)},
		})
		if err != nil {
			return "", err
		}
		defer got.Body.Close()
		return hash(got.Body)
	case "list":
		names := []string{}
		for pages := client.NewListBlobsFlatPager(container, nil); pages.More(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return "", err
			}
			for _, item := range page.Segment.BlobItems {
				names = append(names, *item.Name)
			}
		}
		return strings.Join(names, ","), nil
	case "snapshot":
		_, err := one.CreateSnapshot(ctx, nil)
		return "done", err
	case "lease":
		leased, err := lease.NewBlobClient(one, nil)
		if err != nil {
			return "", err
		}
		if _, err := leased.AcquireLease(ctx, 15, nil); err != nil {
			return "", err
		}
		_, refused := client.UploadBuffer(ctx, container, name, text(1), nil)
		if _, err := leased.ReleaseLease(ctx, nil); err != nil {
			return "", err
		}
		return failure(refused), nil
	case "createOnly":
		_, err := one.Upload(ctx, streaming(text(asked.Size)), &blockblob.UploadOptions{
			AccessConditions: &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfNoneMatch: to.Ptr(azcore.ETagAny)}},
		})
		return "done", err
	case "delete":
		_, err := client.DeleteBlob(ctx, container, name, &azblob.DeleteBlobOptions{DeleteSnapshots: to.Ptr(azblob.DeleteSnapshotsOptionTypeInclude)})
		return "done", err
	}
	panic(verb)
}

func logs(client *armcontainerinstance.ContainersClient, asked question) (string, error) {
	options := &armcontainerinstance.ContainersClientListLogsOptions{}
	if asked.Count > 0 {
		options.Tail = to.Ptr(int32(asked.Count))
	}
	got, err := client.ListLogs(ctx, asked.At.ResourceGroup, asked.Name, "app", options)
	if err != nil {
		return "", err
	}
	return strings.ReplaceAll(*got.Content, "\n", ";"), nil
}

type seekable struct{ *bytes.Reader }

func (seekable) Close() error { return nil }

func streaming(content []byte) io.ReadSeekCloser { return seekable{bytes.NewReader(content)} }

var every = &runtime.PollUntilDoneOptions{Frequency: time.Second}

func group(client *armcontainerinstance.ContainerGroupsClient, verb string, asked question) (string, error) {
	in, name := asked.At.ResourceGroup, asked.Name
	switch verb {
	case "create":
		poller, err := client.BeginCreateOrUpdate(ctx, in, name, armcontainerinstance.ContainerGroup{
			Location: to.Ptr("West Europe"),
			Properties: &armcontainerinstance.ContainerGroupPropertiesProperties{
				OSType: to.Ptr(armcontainerinstance.OperatingSystemTypesLinux), RestartPolicy: to.Ptr(armcontainerinstance.ContainerGroupRestartPolicyNever),
				Containers: []*armcontainerinstance.Container{{Name: to.Ptr("app"), Properties: &armcontainerinstance.ContainerProperties{
					Image: &asked.Image,
					Resources: &armcontainerinstance.ResourceRequirements{Requests: &armcontainerinstance.ResourceRequests{
						CPU: to.Ptr(1.0), MemoryInGB: to.Ptr(1.0),
					}},
				}}},
			},
		}, nil)
		if err != nil {
			return "", err
		}
		made, err := poller.PollUntilDone(ctx, every)
		if err != nil {
			return "", err
		}
		return *made.Properties.ProvisioningState, nil
	case "get":
		got, err := client.Get(ctx, in, name, nil)
		if err != nil {
			return "", err
		}
		return *got.Properties.ProvisioningState, nil
	case "list":
		count := 0
		for pages := client.NewListByResourceGroupPager(in, nil); pages.More(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return "", err
			}
			count += len(page.Value)
		}
		return fmt.Sprint(count), nil
	case "tag":
		tagged, err := client.Update(ctx, in, name, armcontainerinstance.Resource{Tags: map[string]*string{"a": to.Ptr("b")}}, nil)
		if err != nil {
			return "", err
		}
		return *tagged.Tags["a"], nil
	case "ended":
		for {
			got, err := client.Get(ctx, in, name, nil)
			if err != nil {
				return "", err
			}
			view := got.Properties.Containers[0].Properties.InstanceView
			if view != nil && view.CurrentState != nil && *view.CurrentState.State == "Terminated" {
				return fmt.Sprint("exit code ", *view.CurrentState.ExitCode), nil
			}
			time.Sleep(time.Second / 4)
		}
	case "restart":
		poller, err := client.BeginRestart(ctx, in, name, nil)
		if err != nil {
			return "", err
		}
		_, err = poller.PollUntilDone(ctx, every)
		return "done", err
	case "stop":
		_, err := client.Stop(ctx, in, name, nil)
		return "done", err
	case "start":
		poller, err := client.BeginStart(ctx, in, name, nil)
		if err != nil {
			return "", err
		}
		_, err = poller.PollUntilDone(ctx, every)
		return "done", err
	case "delete":
		poller, err := client.BeginDelete(ctx, in, name, nil)
		if err != nil {
			return "", err
		}
		_, err = poller.PollUntilDone(ctx, every)
		return "done", err
	}
	panic(verb)
}
