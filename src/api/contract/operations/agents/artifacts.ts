// Operations of /artifacts: files of the caller and of their agents, found by the hash of their content.
import { ARTIFACT_PART_BYTES } from '../../constants.ts'
import { own } from '../../of-agents.ts'
import { defineOperation, schemasOf } from '../../operation.ts'

const from = schemasOf(() => import('../../schemas/agents/artifacts.ts'))

const example = '4f4f4f4f4f4f'

export const getArtifacts = defineOperation('GET /api/v1/artifacts', {
  ...own,
  summary: 'The files that the caller and their agents keep here',
  answer: from.artifactList,
})

export const showArtifact = defineOperation('GET /api/v1/artifacts/show', {
  ...own,
  summary: 'One of them, with the beginning of it if it is text',
  query: from.whichArtifact,
  answer: from.artifactShown,
  errors: ['not_found', 'conflict', 'bad_file'],
  example: { id: example },
})

export const readArtifact = defineOperation('GET /api/v1/artifacts/content', {
  ...own,
  summary: 'The content of an artifact',
  description:
    'Each piece is compared with its hash before it is sent; a wrong one breaks the answer off. The id is the BLAKE3 hash of the whole.',
  query: from.contentQuery,
  texts: [{ type: 'application/octet-stream', description: 'The bytes from `from` on.' }],
  errors: ['not_found', 'conflict', 'bad_file'],
  example: { id: example },
})

export const beginArtifact = defineOperation('POST /api/v1/artifacts/begin', {
  ...own,
  daily: true,
  summary: 'Begin to store a file',
  description:
    'Each person has one upload at a time: a new one ends the one before, and so does a minute without a part.',
  body: from.beginBody,
  answer: from.begun,
  errors: ['too_large', 'rate_limited'],
  example: { name: 'report.txt', media_type: 'text/plain' },
})

export const addArtifactPart = defineOperation('POST /api/v1/artifacts/part', {
  ...own,
  summary: 'The next bytes of it',
  description: 'A part that was received already may be sent again.',
  body: from.partBody,
  bodyBytes: ARTIFACT_PART_BYTES,
  answer: from.received,
  errors: ['not_found', 'conflict', 'too_large', 'rate_limited'],
  example: { key: '0123456789abcdef', at: 0, bytes: 'aGVsbG8' },
})

export const finishArtifact = defineOperation('POST /api/v1/artifacts/finish', {
  ...own,
  summary: 'The file is complete: it is kept from now on',
  body: from.finishBody,
  answer: from.finished,
  errors: ['not_found', 'conflict', 'rate_limited'],
  example: { key: '0123456789abcdef' },
})

export const removeArtifact = defineOperation('POST /api/v1/artifacts/remove', {
  ...own,
  summary: 'Remove an artifact, and the pieces that no other one has',
  body: from.whichArtifact,
  answer: from.artifact,
  errors: ['not_found', 'conflict'],
  example: { id: example },
})

export const shareArtifact = defineOperation('POST /api/v1/artifacts/share', {
  ...own,
  daily: true,
  summary: 'Let a node, an operator, or everybody with a link read an artifact for some time',
  description:
    'The link is signed by this node, bound to the artifact, the end and the audience, and worth nothing once the share has ended.',
  body: from.shareBody,
  answer: from.shared,
  errors: ['not_found', 'conflict', 'refused', 'rate_limited'],
  example: { id: example, ends_at: '2026-01-02T03:04:05.000Z' },
})

export const getShares = defineOperation('GET /api/v1/artifacts/shares', {
  ...own,
  summary: 'What the caller shares, with whom, and how often it was read',
  answer: from.shareList,
})

export const unshareArtifact = defineOperation('POST /api/v1/artifacts/unshare', {
  ...own,
  summary: 'End a share, or all shares of an artifact, at once',
  body: from.unshareBody,
  answer: from.unshared,
  errors: ['not_found'],
  example: { id: example },
})

export const fetchArtifact = defineOperation('POST /api/v1/artifacts/fetch', {
  ...own,
  daily: true,
  summary: 'Fetch an artifact of another machine, and keep it here',
  description:
    'Each piece is compared with its hash. After a broken connection, received pieces are kept for a day and not requested again.',
  body: from.fetchBody,
  lines: {
    type: 'application/x-ndjson',
    description: 'One line for each piece; the last one has the artifact, or the error that it broke off by.',
    item: from.fetchLine,
  },
  errors: ['not_found', 'conflict', 'refused', 'too_large', 'rate_limited', 'unavailable', 'bad_file'],
  example: { id: example, at: 'desk' },
})

export const findArtifact = defineOperation('GET /api/v1/artifacts/where', {
  ...own,
  summary: 'Which other members say that they have an artifact',
  description:
    'Only those are told of whose owners shared them so. Whether the caller may read it is decided there.',
  query: from.whichArtifact,
  answer: from.holders,
  example: { id: example },
})
