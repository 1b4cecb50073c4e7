// Takes the addresses of sponsors out of the npm locks named as arguments: a lock that holds no
// address at all is quickly seen to work with any registry.
import { readFile, writeFile } from "node:fs/promises";

for (const file of process.argv.slice(2)) {
  const lock = JSON.parse(await readFile(file, "utf8"));
  for (const entry of Object.values(lock.packages)) delete entry.funding;
  await writeFile(file, `${JSON.stringify(lock, null, 2)}\n`);
}
