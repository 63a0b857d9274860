// /openapi.json: the OpenAPI document, made at the first request.

import { getOpenApi } from '../../contract/operations/openapi.ts'
import { type Routes, serve } from '../../server/index.ts'

export function openApiRoutes(): Routes {
  let document: Promise<string> | undefined

  async function make(): Promise<string> {
    const [{ openApiDocument }, { OPERATIONS }] = await Promise.all([
      import('../../contract/openapi.ts'),
      import('../../contract/operations/index.ts'),
    ])
    return JSON.stringify(await openApiDocument(OPERATIONS))
  }

  return (server) => {
    serve(server, getOpenApi, async (_request, reply) => {
      document ??= make()
      return reply.type('application/json; charset=utf-8').send(await document)
    })
  }
}
