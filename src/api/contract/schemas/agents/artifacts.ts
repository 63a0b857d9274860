// Schemas of /artifacts: files of the caller and of their agents. Bytes that come are base64url.
import * as z from 'zod'
import {
  MEDIA_TYPE,
  MOST_ARTIFACTS,
  MOST_BYTES,
  PART_BYTES,
  PREVIEW_CHARS,
} from '../../../../agents/artifacts/types.ts'
import { count, digest, listOf, moment, text } from '../fields.ts'

const which = () =>
  z
    .string()
    .regex(/^[0-9a-f]{6,64}$/)
    .describe('the id, or at least 6 digits of its beginning')
const key = () => text(16, 'key of the upload')

const FIELDS = {
  id: digest('hash of the content, which is its id'),
  name: text(256, 'as who brought it named it'),
  media_type: text(128, 'as who brought it says'),
  size: count('bytes'),
  source: text(64, '`person`, or the id of the agent whose result it is'),
  created_at: moment('when it was stored'),
  expires_at: moment('when it is removed; null: never').nullable(),
}
export const artifact = z.strictObject(FIELDS).meta({ id: 'Artifact' })
export type ArtifactShape = z.infer<typeof artifact>
export const artifactList = z
  .strictObject({ artifacts: listOf(artifact, MOST_ARTIFACTS).describe('the newest first') })
  .meta({ id: 'ArtifactList' })
export type ArtifactListShape = z.infer<typeof artifactList>
export const artifactShown = z
  .strictObject({
    ...FIELDS,
    preview: text(PREVIEW_CHARS, 'its beginning; null: it is no text').nullable(),
  })
  .meta({ id: 'ArtifactShown' })
export type ArtifactShownShape = z.infer<typeof artifactShown>

export const whichQuery = z.strictObject({ id: which() })
export const whichBody = z.strictObject({ id: which() })
export const contentQuery = z.strictObject({
  id: which(),
  from: z.int().min(0).max(MOST_BYTES).default(0).describe('the first byte: to go on where a download ended'),
})
export const beginBody = z.strictObject({
  name: z.string().min(1).max(256).describe('name of the file, without its directory'),
  media_type: z.string().regex(MEDIA_TYPE).default('application/octet-stream'),
  expires_at: moment('when it is to be removed; null: never').nullable().default(null),
})
export const begun = z
  .strictObject({ key: key(), part_bytes: count('bytes that one part may have') })
  .meta({ id: 'ArtifactBegun' })
export const partBody = z.strictObject({
  key: key(),
  at: count('where the part begins: the end of those before'),
  bytes: z
    .string()
    .max(Math.ceil((PART_BYTES * 4) / 3))
    .regex(/^[A-Za-z0-9_-]*$/)
    .describe('in unpadded base64url'),
})
export const received = z.strictObject({ received: count('bytes so far') }).meta({ id: 'ArtifactReceived' })
export const finishBody = z.strictObject({
  key: key(),
  id: digest('what the hash has to be').exactOptional(),
})
export const finished = z
  .strictObject({
    ...FIELDS,
    known: z.boolean().describe('this content was there already, and stays as it was'),
  })
  .meta({ id: 'ArtifactStored' })
export type ArtifactStoredShape = z.infer<typeof finished>
