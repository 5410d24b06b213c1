import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { BrokerError } from '../core/errors.ts'
import { relinkedCopy } from './relinked-copy.ts'

/** uWebSockets.js, loaded. */
export type UwsModule = typeof import('uWebSockets.js')

/** uWebSockets.js, or one line that says why it cannot be had here. */
export type LoadedUws = UwsModule | { readonly unavailable: string }

const PACKAGE = 'uWebSockets.js'

/** The Linux binaries of version 20.57.0 for Node 24, by architecture and ABI: SHA-256 as published and relinked. */
export const knownBinaries: ReadonlyMap<string, { readonly sha256: string; readonly relinkedSha256: string }> = new Map(
  [
    [
      'x64_137',
      {
        sha256: '98128405dba2fb608448e921a979530f70c946a2cc9889c15f2fa70c2d00ab05',
        relinkedSha256: '337e7312c83b0df8accbe2446055c1e663ef14824712a055dfb8c34852cd8d69',
      },
    ],
    [
      'arm64_137',
      {
        sha256: '88618b30ddf6b2b62310db89f40a701616676352aac5e0f6184dd8ef876199ce',
        relinkedSha256: 'c52f98e37763f821adfd7a24445de06c5941db0bb99b92fd2ac06d5f65cd50f8',
      },
    ],
  ],
)

/**
 * Loads uWebSockets.js. Its binaries want glibc 2.38; where the system's is older, a relinked copy of exactly the
 * known binary is loaded from `cacheFolder`. Never throws: without the module, WebSocket is served in another way.
 */
export function loadUws(cacheFolder: string): LoadedUws {
  const require = createRequire(import.meta.url)
  try {
    const loaded: unknown = require(PACKAGE)
    return checked(loaded)
  } catch (error) {
    if (!wantsNewerGlibc(error)) return { unavailable: lastLine(error) }
  }
  try {
    return loadRelinked(path.dirname(require.resolve(PACKAGE)), cacheFolder)
  } catch (error) {
    return { unavailable: lastLine(error) }
  }
}

/** Where the relinked copy is kept: in the user's cache folder when `XDG_CACHE_HOME` names one, else among temporary files. */
export function uwsCacheFolder(xdgCacheHome: string | undefined): string {
  if (xdgCacheHome !== undefined && path.isAbsolute(xdgCacheHome)) return path.join(xdgCacheHome, 'guardbee')
  return path.join(tmpdir(), `guardbee-${process.geteuid?.() ?? 'cache'}`)
}

function loadRelinked(packageFolder: string, cacheFolder: string): UwsModule {
  const build = `${process.arch}_${process.versions.modules}`
  const known = knownBinaries.get(build)
  if (known === undefined) throw new BrokerError('LISTENER', `no known uWebSockets.js binary for ${build}`)
  const binary = { path: path.join(packageFolder, `uws_linux_${build}.node`), ...known }
  const holder: { exports: unknown } = { exports: {} }
  process.dlopen(holder, relinkedCopy(binary, cacheFolder))
  return checked(holder.exports)
}

function checked(loaded: unknown): UwsModule {
  if (!isUwsModule(loaded)) throw new BrokerError('LISTENER', 'uWebSockets.js does not export what it should')
  return loaded
}

function isUwsModule(value: unknown): value is UwsModule {
  if (typeof value !== 'object' || value === null) return false
  return ['App', 'us_listen_socket_close', 'us_socket_local_port'].every(
    name => typeof Reflect.get(value, name) === 'function',
  )
}

function wantsNewerGlibc(error: unknown): boolean {
  return process.platform === 'linux' && error instanceof Error && error.message.includes("`GLIBC_2.38' not found")
}

/** The package puts the loader's words at the end of several lines of its own. */
function lastLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.trim().split('\n').at(-1) ?? ''
}
