package org.rebasin.actors.http;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.WebDriverWait;

/** A Chromium without a window, as the system has it. */
public final class Browser implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** How a page is looked at. */
  public enum Look {
    /** A wide window. */
    WIDE(1280, 900, "light"),
    /** A wide window in the dark. */
    WIDE_DARK(1280, 900, "dark"),
    /** The narrowest telephone. */
    PHONE(360, 740, "light"),
    /** The narrowest telephone in the dark. */
    PHONE_DARK(360, 740, "dark");

    private final int width;
    private final int height;
    private final String scheme;

    Look(int width, int height, String scheme) {
      this.width = width;
      this.height = height;
      this.scheme = scheme;
    }
  }

  private final ChromeDriver driver;
  private final Path downloads;

  private Browser(ChromeDriver driver, Path downloads) {
    this.driver = driver;
    this.downloads = downloads;
  }

  /**
   * Starts one; where there is no Chromium the test is skipped, and says so.
   *
   * @param directory for its profile and for what it downloads
   */
  public static Browser start(Path directory) {
    Optional<Path> chromium = program("chromium", "chromium-browser", "google-chrome");
    Optional<Path> chromedriver = program("chromedriver");
    if (chromium.isEmpty() || chromedriver.isEmpty()) {
      String message =
          "SKIPPED: the dashboard is not tested in a browser, because there is no chromium or no"
              + " chromedriver (Debian: apt-get install chromium chromium-driver)";
      System.err.println(message);
      Assumptions.abort(message);
    }
    try {
      Path downloads = Files.createDirectories(directory.resolve("downloads"));
      ChromeOptions options = new ChromeOptions();
      options.setBinary(chromium.orElseThrow().toFile());
      options.addArguments(
          "--headless=new",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-dev-shm-usage",
          "--disable-gpu",
          "--user-data-dir=" + Files.createDirectories(directory.resolve("profile")));
      if (System.getProperty("user.name").equals("root")) {
        options.addArguments("--no-sandbox");
      }
      options.setExperimentalOption(
          "prefs", Map.of("download.default_directory", downloads.toString()));
      LoggingPreferences logging = new LoggingPreferences();
      logging.enable(LogType.BROWSER, Level.ALL);
      options.setCapability(ChromeOptions.LOGGING_PREFS, logging);
      ChromeDriverService service =
          new ChromeDriverService.Builder()
              .usingDriverExecutable(chromedriver.orElseThrow().toFile())
              .usingAnyFreePort()
              .withLogFile(directory.resolve("chromedriver.log").toFile())
              .build();
      Browser browser = new Browser(new ChromeDriver(service, options), downloads);
      browser.look(Look.WIDE);
      return browser;
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }

  private static Optional<Path> program(String... names) {
    return Stream.of(names)
        .flatMap(
            name ->
                Stream.of(System.getenv("PATH").split(File.pathSeparator))
                    .map(directory -> Path.of(directory, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Gives the window a size, and the pages the colours that people prefer. */
  public void look(Look look) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of(
            "width",
            look.width,
            "height",
            look.height,
            "deviceScaleFactor",
            1,
            "mobile",
            look.width < 500));
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", look.scheme))));
  }

  /** Opens a page of a server anew, such as {@code #/cluster}. */
  public void open(URI server, String page) {
    driver.get("about:blank");
    driver.get(server.resolve("/") + page);
  }

  /** The first element that a selector of CSS means, as soon as there is one that is shown. */
  public WebElement find(String selector) {
    return new WebDriverWait(driver, PATIENCE)
        .withMessage(() -> "an element " + selector + " in:\n" + text())
        .until(
            same ->
                driver.findElements(By.cssSelector(selector)).stream()
                    .filter(WebElement::isDisplayed)
                    .findFirst()
                    .orElse(null));
  }

  /** Whether a selector means anything now. */
  public boolean has(String selector) {
    return !driver.findElements(By.cssSelector(selector)).isEmpty();
  }

  /** Waits until the page's text has a part. */
  public void awaitText(String part) {
    awaitText(part, PATIENCE);
  }

  /** Waits so long until the page's text has a part. */
  public void awaitText(String part, Duration limit) {
    new WebDriverWait(driver, limit, Duration.ofMillis(100))
        .withMessage(() -> "'" + part + "' in:\n" + text())
        .until(same -> text().contains(part));
  }

  /** Waits so long until a script of the page answers yes. */
  public void awaitScript(String script, Duration limit) {
    new WebDriverWait(driver, limit, Duration.ofMillis(100))
        .withMessage(() -> script + " in:\n" + text())
        .until(same -> run(script).equals(true));
  }

  /** Waits until the page's text has a part no more. */
  public void awaitNoText(String part) {
    new WebDriverWait(driver, PATIENCE)
        .withMessage(() -> "no '" + part + "' in:\n" + text())
        .until(same -> !text().contains(part));
  }

  /** All text that is shown. */
  public String text() {
    return String.valueOf(run("return document.body.innerText"));
  }

  /** Runs a script in the page. */
  public Object run(String script, Object... arguments) {
    return driver.executeScript(script, arguments);
  }

  /** What the console has told since it was asked last, warnings and errors alone. */
  public List<String> complaints() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
        .map(LogEntry::getMessage)
        .toList();
  }

  /** The file that was downloaded, as soon as it is complete. */
  public Path download() {
    return new WebDriverWait(driver, PATIENCE)
        .withMessage("a downloaded file in " + downloads)
        .until(
            same -> {
              try (Stream<Path> files = Files.list(downloads)) {
                return files
                    .filter(file -> file.toString().endsWith(".safetensors"))
                    .findFirst()
                    .orElse(null);
              } catch (IOException problem) {
                throw new UncheckedIOException(problem);
              }
            });
  }

  /** The driver, for what is done once. */
  public ChromeDriver driver() {
    return driver;
  }

  @Override
  public void close() {
    driver.quit();
  }
}
