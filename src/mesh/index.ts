// The mesh room's door: links to admitted neighbours over which rooms above send frames. No libp2p type passes it.

export { createMesh, type Mesh, type MeshDeps } from './mesh.ts'
export type * from './types.ts'
