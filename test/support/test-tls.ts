import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { TlsFiles } from '../../src/transport/tls-files.ts'
import { readTlsFiles } from '../../src/transport/tls-files.ts'
import type { TlsPolicy, TlsSetup } from '../../src/transport/tls-setup.ts'
import type { TestAuthority, TestCertificate } from './test-certificates.ts'

/** Writes a certificate for 127.0.0.1 and `localhost` into a folder, with its key. */
export async function writeTlsFiles(folder: string, authority: TestAuthority): Promise<TlsFiles> {
  const certificate = authority.issue({ commonName: 'broker', dnsNames: ['localhost'], loopback: true })
  return await writeCertificate(folder, 'broker', certificate)
}

/** Writes `NAME.crt` and `NAME.key`. */
export async function writeCertificate(folder: string, name: string, written: TestCertificate): Promise<TlsFiles> {
  const certificateFile = path.join(folder, `${name}.crt`)
  const keyFile = path.join(folder, `${name}.key`)
  await writeFile(certificateFile, written.certificate)
  await writeFile(keyFile, written.key, { mode: 0o600 })
  return { certificateFile, keyFile, sniDir: undefined, clientCaFile: undefined }
}

/** A setup of these files, with ticket keys that every test has. */
export async function testTlsSetup(files: TlsFiles, policy: Partial<TlsPolicy> = {}): Promise<TlsSetup> {
  return {
    policy: { minVersion: '1.2', clientCertificates: 'none', ...policy },
    certificates: await readTlsFiles(files),
    ticketKeys: '5a'.repeat(48),
  }
}

/** Writes the certificate of an authority as `NAME.pem` and gives the file. */
export async function writeAuthority(folder: string, name: string, authority: TestAuthority): Promise<string> {
  const file = path.join(folder, `${name}.pem`)
  await writeFile(file, authority.certificate)
  return file
}
