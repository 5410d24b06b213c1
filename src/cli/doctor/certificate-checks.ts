import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { durationWords } from '../../auth/explain/plain-words.ts'
import { tlsFiles } from '../../cluster/encryption.ts'
import type { Settings } from '../../config/settings-type.ts'
import { readTlsFiles } from '../../transport/tls-files.ts'
import { fail, type Finding, ok, warn } from './finding.ts'

const DAY_MS = 86_400_000
const WARN_MS = 21 * DAY_MS
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** When the certificates end: those of the listeners with their chains, of client authorities, and our own as a client. */
export async function certificateFindings(settings: Settings, nowMs: number): Promise<readonly Finding[]> {
  const files = tlsFiles(settings)
  const read = files === undefined ? undefined : await readTlsFiles(files)
  const { jwtClientCertificateFile } = settings
  const pems = [
    ...(read === undefined ? [] : [read.standard, ...(read.byServerName ?? [])]).map(
      ({ certificateFile, certificate }) => {
        return { file: certificateFile, pem: certificate }
      },
    ),
    ...(read?.clientAuthorities === undefined
      ? []
      : [{ file: read.clientAuthorities.file, pem: read.clientAuthorities.certificates }]),
    ...(jwtClientCertificateFile === undefined
      ? []
      : [{ file: jwtClientCertificateFile, pem: await readFile(jwtClientCertificateFile, 'utf8') }]),
  ]
  return pems.map(({ file, pem }) => certificateFinding(file, pem, nowMs))
}

/** Of a chain the first that ends. */
function certificateFinding(file: string, pem: string, nowMs: number): Finding {
  const ends = (pem.match(CERTIFICATE) ?? []).map(one => new X509Certificate(one).validToDate.getTime())
  const endMs = Math.min(...ends)
  const leftMs = endMs - nowMs
  const advice = 'renew it; the new files are taken without a restart'
  if (leftMs <= 0) return fail('certificate', `${file} has ended ${durationWords(leftMs)} ago`, advice)
  const said = `${file} ends in ${durationWords(leftMs)}`
  return leftMs < WARN_MS ? warn('certificate', said, advice) : ok('certificate', said)
}
