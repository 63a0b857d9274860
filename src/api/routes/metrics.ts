// GET /metrics and /api/v1/metrics: how the node is, for Prometheus and whatever reads its formats.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { getMetrics, getMetricsPlainly } from '../contract/operations/care.ts'
import type { Routes } from '../server/route.ts'
import { serve } from '../server/serve.ts'

interface MetricsRouteDeps {
  readonly metrics: {
    render(format: 'text' | 'openmetrics'): Promise<{ readonly type: string; readonly body: string }>
  }
}

/** Text format 0.0.4, or OpenMetrics 1.0 for those who accept it. */
export function metricsRoutes({ metrics }: MetricsRouteDeps): Routes {
  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<string> {
    const { type, body } = await metrics.render(acceptsOpenMetrics(request) ? 'openmetrics' : 'text')
    reply.type(type)
    return body
  }
  return (server) => {
    serve(server, getMetrics, answer)
    // Where scrapers look unless they are told otherwise.
    serve(server, getMetricsPlainly, answer)
  }
}

/** Prometheus names it first, with a weight or without; 0 would mean it must not be. */
function acceptsOpenMetrics({ headers }: FastifyRequest): boolean {
  return (headers.accept ?? '')
    .split(',')
    .some((one) => /^\s*application\/openmetrics-text/.test(one) && !/;\s*q=0(\.0*)?\s*($|;)/.test(one))
}
