// The operation of /openapi.json.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/status.ts'))

export const getOpenApi = defineOperation('GET /api/v1/openapi.json', {
  access: 'anyone',
  tag: 'node',
  summary: 'This document: OpenAPI 3.1',
  answer: from.getOpenApiAnswer,
})
