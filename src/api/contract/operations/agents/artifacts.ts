// Operations of /artifacts: files of the caller and of their agents, found by the hash of their content.
import { ARTIFACT_PART_BYTES } from '../../constants.ts'
import { defineOperation, schemasOf } from '../../operation.ts'

const from = schemasOf(() => import('../../schemas/agents/artifacts.ts'))

const own = { access: 'person', via: 'socket', tag: 'agents' } as const
const example = '4f4f4f4f4f4f'

export const getArtifacts = defineOperation('GET /api/v1/artifacts', {
  ...own,
  summary: 'The files that the caller and their agents keep here',
  answer: from.artifactList,
})

export const showArtifact = defineOperation('GET /api/v1/artifacts/show', {
  ...own,
  summary: 'One of them, with the beginning of it if it is text',
  query: from.whichQuery,
  answer: from.artifactShown,
  errors: ['not_found', 'conflict', 'bad_file'],
  example: { query: { id: example } },
})

export const readArtifact = defineOperation('GET /api/v1/artifacts/content', {
  ...own,
  summary: 'The content of an artifact',
  description:
    'Each piece is compared with its hash before it is sent; a wrong one breaks the answer off. The id is the BLAKE3 hash of the whole.',
  query: from.contentQuery,
  texts: [{ type: 'application/octet-stream', description: 'The bytes from `from` on.' }],
  errors: ['not_found', 'conflict', 'bad_file'],
  example: { query: { id: example } },
})

export const beginArtifact = defineOperation('POST /api/v1/artifacts/begin', {
  ...own,
  daily: true,
  summary: 'Begin to store a file',
  description:
    'Each person has one upload at a time: a new one ends the one before, and so does a minute without a part.',
  body: from.beginBody,
  answer: from.begun,
  errors: ['rate_limited'],
  example: { body: { name: 'report.txt', media_type: 'text/plain' } },
})

export const addArtifactPart = defineOperation('POST /api/v1/artifacts/part', {
  ...own,
  summary: 'The next bytes of it',
  description: 'A part that was received already may be sent again.',
  body: from.partBody,
  bodyBytes: ARTIFACT_PART_BYTES,
  answer: from.received,
  errors: ['not_found', 'conflict', 'too_large', 'rate_limited'],
  example: { body: { key: '0123456789abcdef', at: 0, bytes: 'aGVsbG8' } },
})

export const finishArtifact = defineOperation('POST /api/v1/artifacts/finish', {
  ...own,
  summary: 'The file is complete: it is kept from now on',
  body: from.finishBody,
  answer: from.finished,
  errors: ['not_found', 'conflict', 'rate_limited'],
  example: { body: { key: '0123456789abcdef' } },
})

export const removeArtifact = defineOperation('POST /api/v1/artifacts/remove', {
  ...own,
  summary: 'Remove an artifact, and the pieces that no other one has',
  body: from.whichBody,
  answer: from.artifact,
  errors: ['not_found', 'conflict'],
  example: { body: { id: example } },
})
