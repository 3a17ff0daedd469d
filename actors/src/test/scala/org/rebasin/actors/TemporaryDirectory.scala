package org.rebasin.actors

import java.nio.file.{Files, Path}
import java.util.Comparator

import scala.jdk.CollectionConverters._

/** Directories that go when the tests end. (A spec is made more than once, and not each is run.) */
object TemporaryDirectory {

  /** A new one. */
  def create(name: String): Path = {
    val directory = Files.createTempDirectory(name)
    sys.addShutdownHook(delete(directory))
    directory
  }

  private def delete(directory: Path): Unit =
    Files.walk(directory).sorted(Comparator.reverseOrder[Path]()).iterator.asScala.toList
      .foreach(Files.deleteIfExists(_))
}
