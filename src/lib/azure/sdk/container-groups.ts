// Container groups; one file once built, see identity.ts.

export { ContainerInstanceManagementClient } from '@azure/arm-containerinstance';
