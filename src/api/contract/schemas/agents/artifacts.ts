// Schemas of /artifacts: files of the caller and of their agents. Bytes that come are base64url.
import * as z from 'zod'
import {
  MEDIA_TYPE,
  MOST_ARTIFACTS,
  MOST_BYTES,
  MOST_SHARES,
  PART_BYTES,
  PIECE_BYTES,
  PREVIEW_BYTES,
  PREVIEW_CHARS,
} from '../../../../agents/artifacts/types.ts'
import { error } from '../error.ts'
import {
  count,
  digest,
  flag,
  LIST_MAX,
  listOf,
  moment,
  named,
  nodeRef,
  pattern,
  rowsOf,
  someText,
  text,
  who,
  whole,
} from '../fields.ts'

const which = () => pattern(/^[0-9a-f]{6,64}$/, 'the id, or at least 6 digits of its beginning')
const key = () => text(16, 'key of the upload')

const FIELDS = {
  id: digest('hash of the content, which is its id'),
  name: text(256, 'as who brought it named it'),
  media_type: text(128, 'as who brought it says'),
  size: count('bytes'),
  source: text(
    64,
    '`person`, the id of the agent whose result it is, or `from` and a name: the machine that it was fetched from',
  ),
  created_at: moment('when it was stored'),
  expires_at: moment('when it is removed; null: never').nullable(),
}
export const artifact = named('Artifact', FIELDS)
export const artifactList = named('ArtifactList', {
  artifacts: listOf(artifact, MOST_ARTIFACTS, 'the newest first'),
})
export const artifactShown = named('ArtifactShown', {
  ...FIELDS,
  preview: text(PREVIEW_CHARS, 'its beginning; null: it is no text').nullable(),
  beginning: text(2 * PREVIEW_BYTES, 'the first bytes of what is no text, in hex digits; else empty'),
})
export type ArtifactShownShape = z.infer<typeof artifactShown>

export const whichArtifact = z.strictObject({ id: which() })
export const contentQuery = z.strictObject({
  id: which(),
  from: whole(0, MOST_BYTES, 'the first byte: to go on where a download ended').default(0),
})
export const beginBody = z.strictObject({
  name: someText(256, 'name of the file, without its directory'),
  media_type: z.string().regex(MEDIA_TYPE).default('application/octet-stream'),
  expires_at: moment('when it is to be removed; null: never').nullable().default(null),
  size: count('where it is known: too many are refused at once').exactOptional(),
})
export const begun = named('ArtifactBegun', { key: key(), part_bytes: count('bytes that one part may have') })
export const partBody = z.strictObject({
  key: key(),
  at: count('where the part begins: the end of those before'),
  bytes: z
    .string()
    .max(Math.ceil((PART_BYTES * 4) / 3))
    .regex(/^[A-Za-z0-9_-]*$/)
    .describe('in unpadded base64url'),
})
export const received = named('ArtifactReceived', { received: count('bytes so far') })
export const finishBody = z.strictObject({
  key: key(),
  id: digest('what the hash has to be').exactOptional(),
})
export const finished = named('ArtifactStored', {
  ...FIELDS,
  known: flag('this content was there already, and stays as it was'),
})

export const shareBody = z.strictObject({
  id: which(),
  ends_at: moment('until when; a minute to 90 days from now'),
  to: who()
    .exactOptional()
    .describe('the node or operator who may read it; absent: every member who has the link'),
  told: flag('members are told that this node has it').default(false),
})
const SHARE_FIELDS = {
  share: digest('names the share; no secret'),
  artifact: digest('what is shared'),
  name: text(256, 'its name here'),
  audience: text(
    64,
    'id of the node or operator who may read it; null: every member who has the link',
  ).nullable(),
  audience_name: text(256, 'its name here; empty where it has none'),
  told: flag('members are told that this node has it'),
  left_out: flag('members are not told in spite of that: the node tells of 256 at most'),
  created_at: moment('when it was shared'),
  ends_at: moment('until when it may be read'),
  reads: count('how often content of it was given; going on after a cut counts again'),
  read_at: moment('when it was last; null: never').nullable(),
}
const share = named('ArtifactShare', SHARE_FIELDS)
export type ArtifactShareShape = z.infer<typeof share>
export const shareList = named('ArtifactShares', {
  shares: listOf(share, MOST_SHARES, 'the newest first'),
})
export type ArtifactSharesShape = z.infer<typeof shareList>
export const shared = named('ArtifactShared', {
  ...SHARE_FIELDS,
  link: text(1024, 'who has it may read the artifact; it is nowhere but in this answer'),
})
export const unshareBody = z.strictObject({
  id: which().describe('the beginning of the id of a share, or of an artifact: then all its shares'),
})
export const unshared = named('ArtifactUnshared', { ended: count('shares that ended') })

export const fetchBody = z
  .strictObject({
    id: which().exactOptional(),
    at: who().exactOptional().describe('the machine that has it'),
    link: text(1024, 'a link that its owner gave, instead of both').exactOptional(),
  })
  .refine(
    ({ id, at, link }) =>
      link === undefined ? id !== undefined && at !== undefined : id === undefined && at === undefined,
    'either a link, or an id and the machine that has it',
  )
export const fetchLine = named('ArtifactFetchLine', {
  received: count('bytes that are here'),
  size: count('bytes of all of it'),
  artifact: artifact.nullable().describe('in the last line, when all of it is here; null before'),
  error: error.shape.error
    .exactOptional()
    .describe('in the last line, when it broke off; what has come is kept for a day'),
})
export type ArtifactFetchLineShape = z.infer<typeof fetchLine>

export const holders = named('ArtifactHolders', {
  holders: rowsOf(LIST_MAX, {
    node: nodeRef,
    artifact: digest('what it has'),
    connected: flag('it has a link to this node'),
  }),
})

/** What another machine says that an artifact consists of. */
export const artifactLayout = named('ArtifactLayout', {
  id: FIELDS.id,
  name: FIELDS.name,
  media_type: z.string().regex(MEDIA_TYPE),
  size: whole(0, MOST_BYTES),
  pieces: listOf(digest('hash of a piece'), MOST_BYTES / PIECE_BYTES),
})
export type ArtifactLayoutShape = z.infer<typeof artifactLayout>
