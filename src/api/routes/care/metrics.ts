// GET /metrics and /api/v1/metrics: metrics of the node for Prometheus and other programs that read its formats.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { getMetrics, getMetricsPlainly } from '../../contract/operations/care.ts'
import { type Rooms, type Routes, serve } from '../../server/index.ts'

/** Answers in text format 0.0.4, or in OpenMetrics 1.0 if the client accepts it. */
export function metricsRoutes({ metrics }: Rooms): Routes {
  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<string> {
    const { type, body } = await metrics.render(acceptsOpenMetrics(request) ? 'openmetrics' : 'text')
    reply.type(type)
    return body
  }
  return (server) => {
    serve(server, getMetrics, answer)
    // The default path of scrapers.
    serve(server, getMetricsPlainly, answer)
  }
}

/** True if the client names OpenMetrics, unless with the weight 0, which would exclude it. */
function acceptsOpenMetrics({ headers }: FastifyRequest): boolean {
  return (headers.accept ?? '')
    .split(',')
    .some((one) => /^\s*application\/openmetrics-text/.test(one) && !/;\s*q=0(\.0*)?\s*($|;)/.test(one))
}
