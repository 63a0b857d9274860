// The door of the room of the organisation: the policy bundle of the mesh's root, and how it counts here.

export { createOrganisation, type Organisation } from './organisation.ts'
