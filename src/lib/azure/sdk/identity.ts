// Logins of Microsoft Entra. `npm run build` makes one file of this and of what it imports, with the other files of this
// directory (tools/bundle.js): reading the SDK's thousand small files takes longer than what most commands do with them.

export {
  AzureCliCredential,
  ClientSecretCredential,
  DefaultAzureCredential,
  ManagedIdentityCredential,
} from '@azure/identity';
