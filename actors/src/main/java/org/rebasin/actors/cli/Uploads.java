package org.rebasin.actors.cli;

import org.rebasin.actors.http.ApiClient;
import org.rebasin.actors.http.UploadClient;
import org.rebasin.actors.store.ModelId;
import org.rebasin.actors.store.ModelStore;
import org.rebasin.model.checkpoint.ModelFile;

/** Models of the command line on their way to a server. */
final class Uploads {
  private Uploads() {}

  /**
   * Uploads a model that a server lacks.
   *
   * @param isPrivate whether the server must give nobody its numbers
   */
  static void upload(ApiClient client, ModelStore store, ModelId id, boolean isPrivate) {
    // What is there already may still have to be made private.
    if (!isPrivate && client.has(id)) {
      return;
    }
    try (ModelFile file = store.open(id)) {
      System.err.println("uploading " + id.abbreviated());
      new UploadClient(client).upload(id, file.path(), isPrivate);
    }
  }
}
