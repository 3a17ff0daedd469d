package org.rebasin.actors.deploy;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The manifests of {@code deploy/kubernetes}, as the types that Kubernetes has for them.
 *
 * @param all those that are applied, and the examples of secrets
 */
record KubernetesManifests(List<HasMetadata> all) {
  static final Path DIRECTORY = Deployed.DEPLOY.resolve("kubernetes");

  private static final Map<String, Class<? extends HasMetadata>> KINDS =
      Map.ofEntries(
          Map.entry("v1/Namespace", Namespace.class),
          Map.entry("v1/ServiceAccount", ServiceAccount.class),
          Map.entry("v1/ConfigMap", ConfigMap.class),
          Map.entry("v1/Secret", Secret.class),
          Map.entry("v1/Service", Service.class),
          Map.entry("apps/v1/StatefulSet", StatefulSet.class),
          Map.entry("policy/v1/PodDisruptionBudget", PodDisruptionBudget.class),
          Map.entry("networking.k8s.io/v1/NetworkPolicy", NetworkPolicy.class),
          Map.entry("rbac.authorization.k8s.io/v1/Role", Role.class),
          Map.entry("rbac.authorization.k8s.io/v1/RoleBinding", RoleBinding.class));

  /** Takes no field that the types do not have; they would keep it otherwise. */
  private static final ObjectMapper STRICT =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .setAnnotationIntrospector(new NoOtherFields());

  private static final class NoOtherFields extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1L;

    @Override
    public Boolean hasAnySetter(Annotated annotated) {
      return Boolean.FALSE;
    }
  }

  /** Reads all of them. */
  static KubernetesManifests read() {
    List<JsonNode> documents = new ArrayList<>();
    JsonNode kustomization = Deployed.yaml(DIRECTORY.resolve("kustomization.yaml")).get(0);
    kustomization
        .get("resources")
        .forEach(name -> documents.addAll(Deployed.yaml(DIRECTORY.resolve(name.asText()))));
    documents.addAll(Deployed.yaml(DIRECTORY.resolve("secrets.example.yaml")));
    return new KubernetesManifests(
        documents.stream().<HasMetadata>map(KubernetesManifests::typed).toList());
  }

  /** A manifest; a kind or a field that is not known is an error. */
  static HasMetadata typed(JsonNode document) {
    String kind = document.get("apiVersion").asText() + "/" + document.get("kind").asText();
    Class<? extends HasMetadata> type = KINDS.get(kind);
    assertTrue(type != null, () -> "a kind that is not known: " + kind);
    try {
      return STRICT.treeToValue(document, type);
    } catch (JsonProcessingException problem) {
      throw new AssertionError(kind + ": " + problem.getMessage(), problem);
    }
  }

  /** The one of a kind and a name. */
  <T extends HasMetadata> T one(Class<T> type, String name) {
    return all.stream()
        .filter(type::isInstance)
        .map(type::cast)
        .filter(manifest -> manifest.getMetadata().getName().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + type.getSimpleName() + " " + name));
  }

  /** What a secret holds. */
  Set<String> keys(String secret) {
    Secret found = one(Secret.class, secret);
    Set<String> keys = new HashSet<>();
    if (found.getData() != null) {
      keys.addAll(found.getData().keySet());
    }
    if (found.getStringData() != null) {
      keys.addAll(found.getStringData().keySet());
    }
    return keys;
  }
}
