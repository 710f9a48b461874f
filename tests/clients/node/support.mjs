// What the tests of both clients share: which versions this Node can run. Debian's own Node 18 takes version 5 of both clients;
// version 6 needs Node 20, and is reported as skipped elsewhere.

import {describe} from 'node:test';

const node = Number(process.versions.node.split('.')[0]);

// Runs body(module, its entry) once for each version of a client, as one group of tests.
export async function forEachVersion(client, modules, body) {
  for (const [version, entry] of Object.entries(modules)) {
    const {name, nodeMin} = entry;
    const title = `${client} ${version}`;
    if (node < nodeMin) {
      describe(title, {skip: `needs Node ${nodeMin}, this is ${process.versions.node}`}, () => {});
    } else {
      const module = await import(name);
      describe(title, () => body(module, entry));
    }
  }
}

// The next time that a client is ready; the error that says why it was not does not count.
export function readyAgain(client) {
  return new Promise((resolve) => client.once('ready', resolve));
}
