// /openapi.json, described: this description.
import * as z from 'zod'
import { defineOperation } from '../operation.ts'

export const getOpenApi = defineOperation({
  method: 'GET',
  path: '/api/v1/openapi.json',
  access: 'anyone',
  tag: 'node',
  summary: 'This document: OpenAPI 3.1',
  answer: async () => z.looseObject({ openapi: z.literal('3.1.0') }),
})
