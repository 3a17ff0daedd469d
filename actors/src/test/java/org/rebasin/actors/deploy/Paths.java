package org.rebasin.actors.deploy;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The paths that a configuration sets, resolved or not. */
final class Paths {
  private Paths() {}

  static List<String> of(ConfigObject object, String prefix) {
    List<String> paths = new ArrayList<>();
    for (Map.Entry<String, ConfigValue> entry : object.entrySet()) {
      String path = prefix + ConfigUtil.joinPath(entry.getKey());
      if (entry.getValue() instanceof ConfigObject inner) {
        paths.addAll(of(inner, path + "."));
      } else {
        paths.add(path);
      }
    }
    return paths;
  }
}
