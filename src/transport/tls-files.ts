import { X509Certificate } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { createSecureContext } from 'node:tls'
import { BrokerError } from '../core/errors.ts'
import type { ServerCertificate, TlsCertificates } from './tls-setup.ts'

const FILE_BYTES_MAX = 1024 * 1024
const SNI_CERTIFICATES_MAX = 1_000
const CERTIFICATE_SUFFIX = '.crt'
const KEY_SUFFIX = '.key'

/** Where the certificates of the encrypted listeners are. */
export interface TlsFiles {
  readonly certificateFile: string
  readonly keyFile: string
  /** Holds pairs of `NAME.crt` and `NAME.key`. */
  readonly sniDir: string | undefined
  readonly clientCaFile: string | undefined
}

/** Reads all files and checks that they can be used together; rejects with `CONFIGURATION`, naming the file at fault. */
export async function readTlsFiles(files: TlsFiles): Promise<TlsCertificates> {
  const pairs = files.sniDir === undefined ? undefined : await sniPairs(files.sniDir)
  return {
    standard: await serverCertificate(files),
    byServerName: pairs === undefined ? undefined : await Promise.all(pairs.map(pair => sniCertificate(pair))),
    clientAuthorities: files.clientCaFile === undefined ? undefined : await authorities(files.clientCaFile),
  }
}

/** Changes whenever a file is written, replaced or gone, also when a folder above it is a link that now leads elsewhere. */
export async function fingerprint(files: TlsFiles): Promise<string> {
  const { sniDir, clientCaFile } = files
  const pairs = sniDir === undefined ? [] : await sniPairs(sniDir).catch(() => undefined)
  const paths = [files, ...(pairs ?? [])].flatMap(({ certificateFile, keyFile }) => [certificateFile, keyFile])
  const all = clientCaFile === undefined ? paths : [...paths, clientCaFile]
  const states = await Promise.all(all.map(async file => `${file} ${await stateOf(file)}`))
  return [...states, pairs === undefined ? 'the folder cannot be read' : ''].join('\n')
}

type KeyPair = Pick<TlsFiles, 'certificateFile' | 'keyFile'>

async function sniPairs(folder: string): Promise<readonly KeyPair[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new BrokerError('CONFIGURATION', `the folder ${folder} cannot be read`, { cause })
  })
  const certificates = names.filter(name => name.endsWith(CERTIFICATE_SUFFIX)).sort()
  if (certificates.length > SNI_CERTIFICATES_MAX) {
    const found = `${folder} holds ${certificates.length} certificates`
    throw new BrokerError('CONFIGURATION', `${found}, expected at most ${SNI_CERTIFICATES_MAX}`)
  }
  return certificates.map(name => {
    const certificateFile = path.join(folder, name)
    return { certificateFile, keyFile: `${certificateFile.slice(0, -CERTIFICATE_SUFFIX.length)}${KEY_SUFFIX}` }
  })
}

async function sniCertificate(pair: KeyPair): Promise<ServerCertificate> {
  const certificate = await serverCertificate(pair)
  if (certificate.serverNames.length > 0) return certificate
  throw new BrokerError('CONFIGURATION', `${pair.certificateFile} names no DNS name that a client could ask for`)
}

async function serverCertificate({ certificateFile, keyFile }: KeyPair): Promise<ServerCertificate> {
  const [certificate, key] = await Promise.all([textOf(certificateFile), textOf(keyFile)])
  const parsed = certificateIn(certificate, certificateFile)
  try {
    createSecureContext({ cert: certificate, key })
  } catch (cause) {
    throw new BrokerError('CONFIGURATION', `${keyFile} does not hold the key of ${certificateFile}`, { cause })
  }
  return { certificateFile, keyFile, certificate, key, serverNames: serverNamesOf(parsed) }
}

async function authorities(file: string): Promise<{ readonly file: string; readonly certificates: string }> {
  const certificates = await textOf(file)
  certificateIn(certificates, file)
  return { file, certificates }
}

function certificateIn(text: string, file: string): X509Certificate {
  try {
    return new X509Certificate(text)
  } catch (cause) {
    throw new BrokerError('CONFIGURATION', `${file} does not hold a certificate in PEM`, { cause })
  }
}

/** Node gives the alternative names as `DNS:a.example, IP Address:192.0.2.1`; an unusual one stands in quotes and is left out. */
function serverNamesOf({ subjectAltName = '' }: X509Certificate): readonly string[] {
  return subjectAltName
    .split(', ')
    .filter(name => /^DNS:[\w.*-]+$/.test(name))
    .map(name => name.slice('DNS:'.length).toLowerCase())
}

async function textOf(file: string): Promise<string> {
  try {
    const { size } = await stat(file)
    if (size <= FILE_BYTES_MAX) return await readFile(file, 'utf8')
  } catch (cause) {
    throw new BrokerError('CONFIGURATION', `${file} cannot be read`, { cause })
  }
  throw new BrokerError('CONFIGURATION', `${file} is larger than ${FILE_BYTES_MAX} bytes`)
}

async function stateOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(file)
    return `${ino} ${size} ${mtimeMs}`
  } catch {
    return 'cannot be read'
  }
}
