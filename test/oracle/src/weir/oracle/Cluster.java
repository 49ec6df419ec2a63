package weir.oracle;

import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import org.apache.flink.api.dag.Pipeline;
import org.apache.flink.client.deployment.executors.PipelineExecutorUtils;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.PipelineExecutor;
import org.apache.flink.core.execution.PipelineExecutorFactory;
import org.apache.flink.core.execution.PipelineExecutorServiceLoader;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.minicluster.MiniClusterJobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

/** One MiniCluster for all files, and table environments whose jobs run on it. */
final class Cluster implements AutoCloseable {
    /** Jobs at the same time; each has parallelism 1 and so takes one slot. */
    private static final int SLOTS = 16;
    private static final String TARGET = "oracle";

    private final MiniCluster flink;
    private final ClassLoader classes = Cluster.class.getClassLoader();

    Cluster() throws Exception {
        Configuration config = new Configuration();
        config.setString("rest.port", "0");
        config.setString("rest.bind-port", "0");
        config.setString("rest.address", "localhost");
        config.setString("taskmanager.memory.network.min", "128mb");
        config.setString("taskmanager.memory.network.max", "128mb");
        config.setString("taskmanager.memory.managed.size", "512mb");
        config.setString("classloader.resolve-order", "parent-first");
        config.setString("classloader.check-leaked-classloader", "false");
        config.setString("execution.checkpointing.storage", "jobmanager");
        flink = new MiniCluster(new MiniClusterConfiguration.Builder()
                .setConfiguration(config).setNumTaskManagers(1).setNumSlotsPerTaskManager(SLOTS).build());
        flink.start();
    }

    MiniCluster flink() {
        return flink;
    }

    /** Settings are those of "Determinism" in docs/test-format.md; a file's SET comes on top. */
    StreamTableEnvironment newTableEnvironment() {
        Configuration config = new Configuration();
        config.setString("execution.target", TARGET);
        config.setString("parallelism.default", "1");
        config.setString("pipeline.auto-watermark-interval", "0 ms");
        config.setString("restart-strategy.type", "none");
        config.setString("state.backend.type", "hashmap");
        config.setString("execution.buffer-timeout.enabled", "false");
        // Shorter than the oracle's own patience in Run.barrier(), which tries again.
        config.setString("execution.checkpointing.timeout", "4 s");
        config.setString("execution.checkpointing.tolerable-failed-checkpoints", "100");
        config.setString("table.local-time-zone", "UTC");
        config.setString("table.exec.sink.require-on-conflict", "false");
        StreamExecutionEnvironment env = new StreamExecutionEnvironment(new Loader(), config, classes);
        return StreamTableEnvironment.create(env, EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(config).build());
    }

    @Override
    public void close() {
        // The JVM ends right after; an orderly shutdown would only cost a second.
    }

    /** Leads Flink from `execution.target` to the cluster in this JVM. */
    private final class Loader implements PipelineExecutorServiceLoader, PipelineExecutorFactory, PipelineExecutor {
        @Override
        public PipelineExecutorFactory getExecutorFactory(Configuration config) {
            return this;
        }

        @Override
        public Stream<String> getExecutorNames() {
            return Stream.of(TARGET);
        }

        @Override
        public String getName() {
            return TARGET;
        }

        @Override
        public boolean isCompatibleWith(Configuration config) {
            return true;
        }

        @Override
        public PipelineExecutor getExecutor(Configuration config) {
            return this;
        }

        @Override
        public CompletableFuture<JobClient> execute(Pipeline pipeline, Configuration config, ClassLoader loader) throws Exception {
            JobGraph graph = PipelineExecutorUtils.getStreamGraph(pipeline, config).getJobGraph(loader);
            return flink.submitJob(graph).thenApply(done -> new MiniClusterJobClient(
                    done.getJobID(), flink, loader, MiniClusterJobClient.JobFinalizationBehavior.NOTHING));
        }
    }
}
