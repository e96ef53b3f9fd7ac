package django_es_admin;

import java.util.Map;

import org.elasticsearch.index.mapper.Mapper;
import org.elasticsearch.index.mapper.TextFieldMapper;
import org.elasticsearch.plugins.MapperPlugin;
import org.elasticsearch.plugins.Plugin;

/**
 * Knows the field type that Elasticsearch keeps sets of synonyms in, for a server whose bundle comes
 * without the module mapper-extras. It is stored as an ordinary text field, which takes more room.
 */
public class MatchOnlyTextPlugin extends Plugin implements MapperPlugin {
    @Override
    public Map<String, Mapper.TypeParser> getMappers() {
        return Map.of("match_only_text", TextFieldMapper.PARSER);
    }
}
