// The page that a browser shows: a few files of the build, read once, the same for everybody and without any data.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { KaroError } from '../../base/errors.ts'
import type { Routes } from '../server/route.ts'

/** Place beside the built program, and the build's place as seen from the sources. */
const PLACES = ['../window', '../../../dist/window'].map((path) => join(import.meta.dirname, path))
/** The page itself; everything else is below `/window/`. */
const PAGE = 'index.html'

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

/**
 * What the page may do: load its own files and ask its own server. Nothing inline runs, nothing remote is loaded, nobody
 * may frame it, and no text becomes markup or code (Trusted Types without any policy).
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

interface PageFile {
  readonly type: string
  readonly bytes: Uint8Array
  readonly etag: string
}

/** The files of the page by name; empty if the program was not built. */
export type PageFiles = ReadonlyMap<string, PageFile>

/** Reads the files that the build made. `directory`: default, the places of the build. */
export function readPageFiles(directory?: string): PageFiles {
  for (const place of directory === undefined ? PLACES : [directory]) {
    try {
      const names = readdirSync(place)
      return new Map(names.flatMap((name) => fileOf(place, name)))
    } catch {
      // Not built there.
    }
  }
  return new Map()
}

function fileOf(place: string, name: string): [string, PageFile][] {
  const type = TYPES[name.slice(name.lastIndexOf('.') + 1)]
  if (type === undefined) return []
  const bytes = readFileSync(join(place, name))
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
  return [[name, { type, bytes, etag }]]
}

export function windowRoutes(files: PageFiles): Routes {
  function answer(name: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const file = files.get(name)
    if (file === undefined) throw missing(name)
    reply
      .header('content-security-policy', POLICY)
      .header('permissions-policy', 'camera=(), microphone=(), geolocation=(), payment=(), usb=()')
      // Kept by the browser, and compared at each use: a page of another build would not fit the daemon.
      .header('cache-control', 'no-cache')
      .header('etag', file.etag)
    if (request.headers['if-none-match'] === file.etag) return reply.code(304).send()
    return reply.type(file.type).send(file.bytes)
  }
  const config = { access: 'anyone' } as const
  return (server) => {
    server.get('/', { config }, async (request, reply) => answer(PAGE, request, reply))
    server.get<{ Params: { name: string } }>('/window/:name', { config }, async (request, reply) =>
      answer(request.params.name, request, reply),
    )
  }
}

const missing = (name: string): KaroError =>
  name === PAGE
    ? new KaroError('not_found', 'this program was started without its page', {
        hint: 'npm run build  makes it. Then start the daemon again.',
      })
    : new KaroError('not_found', 'the page has no such file')
