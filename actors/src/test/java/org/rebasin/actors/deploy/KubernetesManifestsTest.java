package org.rebasin.actors.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import java.net.URI;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** The manifests are what Kubernetes takes, and agree with each other and with the node. */
class KubernetesManifestsTest {
  private final KubernetesManifests manifests = KubernetesManifests.read();

  private PodSpec pod() {
    return manifests.one(StatefulSet.class, "rebasin").getSpec().getTemplate().getSpec();
  }

  private Container node() {
    return pod().getContainers().get(0);
  }

  /** The variables a node finds, as for its first pod. */
  private Map<String, String> environment() {
    Map<String, String> values = new HashMap<>();
    values.put("REBASIN_POD_NAME", "rebasin-0");
    values.put("REBASIN_POD_NAMESPACE", "rebasin");
    values.put("REBASIN_POD_IP", "10.1.2.3");
    for (EnvVar variable : node().getEnv()) {
      String value = variable.getValue();
      if (value == null) {
        values.putIfAbsent(variable.getName(), "from elsewhere");
      } else {
        for (Map.Entry<String, String> known : Map.copyOf(values).entrySet()) {
          value = value.replace("$(" + known.getKey() + ")", known.getValue());
        }
        assertFalse(value.contains("$("), variable.getName() + " = " + value);
        values.put(variable.getName(), value);
      }
    }
    values.put("REBASIN_KubernetesManifests.DIRECTORY", "/var/lib/rebasin/node");
    return values;
  }

  private Config configuration() {
    return Deployed.configuration("kubernetes.conf", environment());
  }

  private Map<String, Integer> containerPorts() {
    return node().getPorts().stream()
        .collect(Collectors.toMap(ContainerPort::getName, ContainerPort::getContainerPort));
  }

  @Test
  void everyFileOfTheDirectoryIsAppliedOrIsTheExample() {
    Set<String> named = new HashSet<>(Set.of("kustomization.yaml", "secrets.example.yaml"));
    Deployed.yaml(KubernetesManifests.DIRECTORY.resolve("kustomization.yaml"))
        .get(0)
        .get("resources")
        .forEach(name -> named.add(name.asText()));
    Set<String> there =
        Arrays.stream(KubernetesManifests.DIRECTORY.toFile().list()).collect(Collectors.toSet());
    assertEquals(there, named);
  }

  @Test
  void aFieldThatKubernetesDoesNotKnowIsRefusedHere() throws JsonProcessingException {
    JsonNode wrong =
        new ObjectMapper()
            .readTree(
                "{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"spec\": {\"clusterIp\": \"x\"}}");
    assertTrue(
        assertThrows(AssertionError.class, () -> KubernetesManifests.typed(wrong))
            .getMessage()
            .contains("clusterIp"));
  }

  @Test
  void allAreInOneNamespace() {
    for (HasMetadata manifest : manifests.all()) {
      if (!(manifest instanceof Namespace)) {
        assertEquals("rebasin", manifest.getMetadata().getNamespace(), manifest.getKind());
      }
    }
  }

  @Test
  void selectorsMatchTheLabelsOfThePods() {
    StatefulSet nodes = manifests.one(StatefulSet.class, "rebasin");
    Map<String, String> labels = nodes.getSpec().getTemplate().getMetadata().getLabels();
    assertEquals(labels, nodes.getSpec().getSelector().getMatchLabels());
    assertEquals(
        labels, pod().getTopologySpreadConstraints().get(0).getLabelSelector().getMatchLabels());
    assertEquals(labels, manifests.one(Service.class, "rebasin").getSpec().getSelector());
    assertEquals(labels, manifests.one(Service.class, "rebasin-nodes").getSpec().getSelector());
    assertEquals(
        labels,
        manifests
            .one(PodDisruptionBudget.class, "rebasin")
            .getSpec()
            .getSelector()
            .getMatchLabels());
    assertEquals(
        labels,
        manifests.one(NetworkPolicy.class, "rebasin").getSpec().getPodSelector().getMatchLabels());
    Config config = configuration();
    String service =
        config.getString("akka.management.cluster.bootstrap.contact-point-discovery.service-name");
    String selector =
        config.getString("akka.discovery.kubernetes-api.pod-label-selector").formatted(service);
    assertEquals(
        labels, Map.of(selector.split("=", 2)[0], selector.split("=", 2)[1]), "bootstrap looks");
  }

  @Test
  void portsAreTheNodesOwn() {
    Config config = configuration();
    assertEquals(
        Map.of(
            "remoting", config.getInt("rebasin.node.port"),
            "management", config.getInt("rebasin.node.management-port"),
            "https", config.getInt("rebasin.http.port")),
        containerPorts());
    assertEquals(
        config.getInt("rebasin.node.port"), config.getInt("akka.remote.artery.canonical.port"));
    assertEquals(
        config.getInt("rebasin.node.management-port"), config.getInt("akka.management.http.port"));
    assertTrue(
        containerPorts()
            .containsKey(
                config.getString(
                    "akka.management.cluster.bootstrap.contact-point-discovery.port-name")));
  }

  @Test
  void servicesLeadToPortsOfTheContainer() {
    for (String name : List.of("rebasin", "rebasin-nodes")) {
      for (ServicePort port : manifests.one(Service.class, name).getSpec().getPorts()) {
        assertTrue(
            containerPorts().containsKey(port.getTargetPort().getStrVal()),
            name + ": " + port.getTargetPort());
      }
    }
    Service nodes = manifests.one(Service.class, "rebasin-nodes");
    assertEquals("None", nodes.getSpec().getClusterIP());
    assertEquals(true, nodes.getSpec().getPublishNotReadyAddresses());
    assertEquals(
        "rebasin-nodes", manifests.one(StatefulSet.class, "rebasin").getSpec().getServiceName());
    assertEquals(
        "rebasin-0.rebasin-nodes.rebasin.svc.cluster.local", environment().get("REBASIN_HOST"));
  }

  @Test
  void theNodeIsReachedByItsNameAndBindsToItsAddress() {
    Config config = configuration();
    String pod = "10.1.2.3";
    assertEquals(
        environment().get("REBASIN_HOST"),
        config.getString("akka.remote.artery.canonical.hostname"));
    assertEquals(pod, config.getString("akka.remote.artery.bind.hostname"));
    // Bootstrap tells a node by the address that Kubernetes names.
    assertEquals(pod, config.getString("akka.management.http.hostname"));
    assertEquals("tls-tcp", config.getString("akka.remote.artery.transport"));
    assertTrue(config.getBoolean("rebasin.node.bootstrap"));
    assertEquals("kubernetes-api", config.getString("akka.discovery.method"));
    assertEquals(
        manifests.one(StatefulSet.class, "rebasin").getSpec().getReplicas(),
        config.getInt(
            "akka.management.cluster.bootstrap.contact-point-discovery.required-contact-point-nr"));
  }

  @Test
  void probesAskWhatManagementAnswers() {
    Config checks = configuration().getConfig("akka.management.health-checks");
    Map<Probe, String> probes =
        Map.of(
            node().getStartupProbe(), checks.getString("liveness-path"),
            node().getLivenessProbe(), checks.getString("liveness-path"),
            node().getReadinessProbe(), checks.getString("readiness-path"));
    probes.forEach(
        (probe, path) -> {
          assertEquals("/" + path, probe.getHttpGet().getPath());
          assertEquals("management", probe.getHttpGet().getPort().getStrVal());
        });
  }

  @Test
  void everySettingIsOneThatTheNodeHas() {
    Config known =
        ConfigFactory.parseResources("node.conf")
            .withFallback(ConfigFactory.defaultReference())
            .resolve();
    for (String file : List.of("container.conf", "kubernetes.conf")) {
      String text =
          Deployed.read(Deployed.REPOSITORY.resolve("config").resolve(file))
              .replaceAll("(?m)^include .*$", "");
      Config own = ConfigFactory.parseString(text, ConfigParseOptions.defaults());
      Paths.of(own.root(), "")
          .forEach(path -> assertTrue(known.hasPathOrNull(path), file + " sets " + path));
    }
  }

  @Test
  void everyVariableIsRead() {
    Set<String> read = Deployed.variablesRead();
    String values =
        node().getEnv().stream()
            .map(variable -> "" + variable.getValue())
            .collect(Collectors.joining());
    for (EnvVar variable : node().getEnv()) {
      assertTrue(
          read.contains(variable.getName()) || values.contains("$(" + variable.getName() + ")"),
          "nothing reads " + variable.getName());
    }
  }

  @Test
  void whatIsReferredToIsThere() {
    for (EnvVar variable : node().getEnv()) {
      if (variable.getValueFrom() != null && variable.getValueFrom().getSecretKeyRef() != null) {
        var key = variable.getValueFrom().getSecretKeyRef();
        assertTrue(manifests.keys(key.getName()).contains(key.getKey()), variable.getName());
      }
      if (variable.getValueFrom() != null && variable.getValueFrom().getConfigMapKeyRef() != null) {
        var key = variable.getValueFrom().getConfigMapKeyRef();
        assertTrue(
            manifests.one(ConfigMap.class, key.getName()).getData().containsKey(key.getKey()),
            variable.getName());
      }
    }
    Set<String> mounted =
        node().getVolumeMounts().stream().map(VolumeMount::getName).collect(Collectors.toSet());
    Set<String> volumes =
        pod().getVolumes().stream().map(Volume::getName).collect(Collectors.toSet());
    manifests
        .one(StatefulSet.class, "rebasin")
        .getSpec()
        .getVolumeClaimTemplates()
        .forEach(claim -> volumes.add(claim.getMetadata().getName()));
    assertEquals(volumes, mounted);
    for (Volume volume : pod().getVolumes()) {
      if (volume.getSecret() != null && !volume.getSecret().getItems().isEmpty()) {
        volume
            .getSecret()
            .getItems()
            .forEach(
                item ->
                    assertTrue(
                        manifests.keys(volume.getSecret().getSecretName()).contains(item.getKey()),
                        volume.getName()));
      }
    }
  }

  @Test
  void filesThatTheNodeReadsAreMounted() {
    Set<String> files = new HashSet<>();
    for (VolumeMount mount : node().getVolumeMounts()) {
      pod().getVolumes().stream()
          .filter(volume -> volume.getName().equals(mount.getName()))
          .forEach(
              volume ->
                  paths(volume).forEach(path -> files.add(mount.getMountPath() + "/" + path)));
    }
    Config config = configuration();
    for (String setting :
        List.of(
            "rebasin.http.token-file",
            "rebasin.http.tls.keystore",
            "rebasin.http.tls.password-file",
            "akka.remote.artery.ssl.config-ssl-engine.key-store",
            "akka.remote.artery.ssl.config-ssl-engine.trust-store")) {
      assertTrue(files.contains(config.getString(setting)), setting + " is in none of " + files);
    }
    assertTrue(files.contains(node().getArgs().get(2)), node().getArgs().toString());
    String settings = manifests.one(ConfigMap.class, "rebasin").getData().get("rebasin.conf");
    String included = "include required(file(\"" + Deployed.HOME + "/config/kubernetes.conf\"))";
    assertTrue(settings.contains(included), settings);
  }

  private List<String> paths(Volume volume) {
    if (volume.getConfigMap() != null) {
      return volume.getConfigMap().getItems().stream().map(item -> item.getPath()).toList();
    }
    if (volume.getSecret() == null) {
      return List.of();
    }
    return volume.getSecret().getItems().isEmpty()
        ? List.copyOf(manifests.keys(volume.getSecret().getSecretName()))
        : volume.getSecret().getItems().stream().map(item -> item.getPath()).toList();
  }

  @Test
  void theServiceAccountMayListPodsAndNothingElse() {
    assertEquals("rebasin", pod().getServiceAccountName());
    RoleBinding binding = manifests.one(RoleBinding.class, "rebasin-pod-reader");
    assertEquals("ServiceAccount", binding.getSubjects().get(0).getKind());
    assertEquals(
        manifests.one(ServiceAccount.class, "rebasin").getMetadata().getName(),
        binding.getSubjects().get(0).getName());
    List<PolicyRule> rules = manifests.one(Role.class, binding.getRoleRef().getName()).getRules();
    assertEquals(1, rules.size());
    assertEquals(List.of(""), rules.get(0).getApiGroups());
    assertEquals(List.of("pods"), rules.get(0).getResources());
    assertEquals(Set.of("get", "list", "watch"), Set.copyOf(rules.get(0).getVerbs()));
  }

  @Test
  void theNetworkPolicyLetsInWhatNodesListenOnAndOut() {
    NetworkPolicy policy = manifests.one(NetworkPolicy.class, "rebasin");
    Set<Integer> in =
        policy.getSpec().getIngress().stream()
            .flatMap(rule -> rule.getPorts().stream())
            .map(port -> port.getPort().getIntVal())
            .collect(Collectors.toSet());
    assertEquals(Set.copyOf(containerPorts().values()), in);
    Set<Integer> out =
        policy.getSpec().getEgress().stream()
            .flatMap(rule -> rule.getPorts().stream())
            .map(port -> port.getPort().getIntVal())
            .collect(Collectors.toSet());
    Config config = configuration();
    assertTrue(
        out.containsAll(
            Set.of(
                config.getInt("rebasin.node.port"),
                config.getInt("rebasin.node.management-port"),
                53)),
        out.toString());
    String url = manifests.one(ConfigMap.class, "rebasin").getData().get("journal-url");
    assertTrue(out.contains(URI.create(url.substring("jdbc:".length())).getPort()), url);
  }

  @Test
  void theContainerNeedsNothingButItsVolumes() {
    assertEquals(true, node().getSecurityContext().getReadOnlyRootFilesystem());
    assertEquals(false, node().getSecurityContext().getAllowPrivilegeEscalation());
    assertEquals(List.of("ALL"), node().getSecurityContext().getCapabilities().getDrop());
    String recipe = Deployed.read(Deployed.DEPLOY.resolve("Dockerfile"));
    long user = pod().getSecurityContext().getRunAsUser();
    assertTrue(recipe.contains("USER " + user + ":" + user), "the image's user is not " + user);
    assertEquals("rebasin:" + Deployed.version(), node().getImage());
    Set<String> writable =
        node().getVolumeMounts().stream()
            .filter(mount -> mount.getReadOnly() == null)
            .map(VolumeMount::getMountPath)
            .collect(Collectors.toSet());
    assertEquals(Set.of("/var/lib/rebasin", "/tmp"), writable);
    assertTrue(
        pod().getTerminationGracePeriodSeconds()
            > configuration()
                .getDuration("akka.coordinated-shutdown.default-phase-timeout")
                .toSeconds());
  }

  @Test
  void disruptionsLeaveAMajority() {
    int replicas = manifests.one(StatefulSet.class, "rebasin").getSpec().getReplicas();
    int away =
        manifests
            .one(PodDisruptionBudget.class, "rebasin")
            .getSpec()
            .getMaxUnavailable()
            .getIntVal();
    assertTrue(2 * (replicas - away) > replicas);
    assertTrue(away < configuration().getInt("rebasin.store.replicas"));
  }

  /** Nothing in the templates is a secret. */
  @Test
  void theExamplesAreEmpty() {
    for (JsonNode secret :
        Deployed.yaml(KubernetesManifests.DIRECTORY.resolve("secrets.example.yaml"))) {
      for (String field : List.of("data", "stringData")) {
        StreamSupport.stream(secret.path(field).spliterator(), false)
            .forEach(value -> assertEquals("", value.asText()));
      }
    }
  }
}
